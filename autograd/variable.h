// Reverse-mode automatic differentiation by a tape that is recorded as the functions run. The whole engine is
// this header and variable.cpp; the differentiable functions stand one a file beside it.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere {

class Variable;

/// Given the gradient of the loss with respect to a function's output, computes those with respect to its
/// inputs, in their order. An undefined tensor says that an input gets none. It holds what the forward pass
/// saved, and it is destroyed as soon as it has run, so that saved tensors are freed during the backward
/// pass.
using BackwardFunction = std::function<std::vector<Tensor>(const Tensor& output_gradient)>;

/// A tensor that remembers how it was computed. A handle: copies share value, gradient and history.
class Variable {
 public:
  /// Undefined: stands for "no variable" where an argument is optional.
  Variable() = default;
  /// A leaf: an input, or with `requires_gradient` a parameter.
  explicit Variable(Tensor value, bool requires_gradient = false);

  bool defined() const { return node_ != nullptr; }
  const Tensor& value() const;
  Tensor& value();
  /// The accumulated gradient; undefined before the first backward() that reaches this leaf.
  const Tensor& gradient() const;
  void clear_gradient();
  bool requires_gradient() const;

  /// Computes the gradient of this scalar with respect to every leaf that requires one and adds it to the
  /// leaf's gradient(). The history is consumed: a second call throws Error, as does a value with more than
  /// one element.
  void backward();

  /// The output of a differentiable function `name` of `inputs`. It is recorded unless no input requires a
  /// gradient or a NoGradient is alive; then `backward` is dropped at once and with it what it saved.
  static Variable record(const char* name, Tensor value, std::vector<Variable> inputs,
                         BackwardFunction backward);

 private:
  struct Node;
  std::shared_ptr<Node> node_;
};

/// While one is alive on a thread, functions called there record nothing.
class NoGradient {
 public:
  NoGradient();
  ~NoGradient();
  NoGradient(const NoGradient&) = delete;
  NoGradient& operator=(const NoGradient&) = delete;
  /// Whether functions called now on this thread are recorded.
  static bool recording();

 private:
  bool before_;
};

}  // namespace hypersphere
