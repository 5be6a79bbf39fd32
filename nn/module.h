// Module: a part of a network that owns named parameters.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace hypersphere {

/// A learned tensor with what the solver and the initialiser know of it.
struct Parameter {
  Variable variable;
  float rate_multiplier = 1;   ///< of the learning rate
  float decay_multiplier = 1;  ///< of the weight decay
  Tensor momentum;  ///< the solver's velocity, of the same shape; undefined (zero) before the first step
};

/// A parameter under its full name, such as "stage1.unit0.conv1.weight".
struct NamedParameter {
  std::string name;
  Parameter* parameter;
};

/// Base of every layer. Parameters and submodules are registered in the constructor, under names that join
/// with dots; their order is the order of registration and is part of the checkpoint's contract.
class Module {
 public:
  Module() = default;
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// All parameters, this module's own first, then its submodules', depth first.
  std::vector<NamedParameter> parameters();
  /// Number of learned values.
  std::int64_t parameter_count();
  void clear_gradients();

  /// Moves the parameters and the solver's momentum to `device` and drops the gradients. Modules are built and
  /// initialised on the cpu: move them afterwards. Throws Error where the device cannot be used.
  void to(Device device);
  /// Where the parameters lie; the cpu for a module without any.
  Device device() const;

 protected:
  /// Registers a parameter of zeros. Throws Error for a name that is taken, is empty or has a dot.
  Parameter& add_parameter(std::string name, Shape shape, float rate_multiplier = 1,
                           float decay_multiplier = 1);
  /// Registers a submodule that the derived class holds as a member (or on the heap). Throws like
  /// add_parameter.
  void add_module(std::string name, Module& module);

 private:
  void check_name(const std::string& name) const;
  void collect(const std::string& prefix, std::vector<NamedParameter>& out);

  std::vector<std::pair<std::string, std::unique_ptr<Parameter>>> own_;
  std::vector<std::pair<std::string, Module*>> modules_;
};

}  // namespace hypersphere
