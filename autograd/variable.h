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
/// pass. It captures Tensors, never Variables (a Variable would keep the history alive), and it must not
/// write to `output_gradient`: the two terms of a sum share one.
using BackwardFunction = std::function<std::vector<Tensor>(const Tensor& output_gradient)>;

/// A tensor that remembers how it was computed. A handle: copies share value, gradient and history.
class Variable {
 public:
  /// Undefined: stands for "no variable" where an argument is optional.
  Variable() = default;
  /// A leaf: an input, or with `requires_gradient` a parameter. Throws Error for an undefined value, and for
  /// a parameter that is not f32.
  explicit Variable(Tensor value, bool requires_gradient = false);

  bool defined() const { return content_ != nullptr; }
  const Tensor& value() const;
  Tensor& value();
  /// The accumulated gradient of a leaf; undefined before the first backward() that reaches it, and for a
  /// value that requires none or was computed. Read it or replace it by clear_gradient(), but do not write
  /// into it: other leaves may share it.
  const Tensor& gradient() const;
  void clear_gradient();
  /// Takes the place of gradient(), of the value's shape and type. Throws Error unless this is a leaf that requires one.
  void set_gradient(Tensor gradient);
  bool requires_gradient() const;
  /// What backward() calls once it has the whole gradient() of this leaf, while those of others are still to come: whoever sums
  /// gradients over processes can begin. It stays until it is replaced; an empty function takes it away. It must not change
  /// the gradient before backward() has returned. Throws Error unless this is a leaf that requires a gradient.
  void on_gradient(std::function<void()> called);
  /// Whether no other handle, nor another tensor, shares the value.
  bool sole_owner() const;

  /// Computes the gradient of this scalar with respect to every leaf that requires one and adds it to the
  /// leaf's gradient(). A gradient has the type of its value: f32 for a leaf, and inside of a computation in
  /// bf16 bf16. The history is consumed: a second call throws Error, as does a value that is not one number of
  /// f32, or that depends on no leaf with a gradient. After an Error the gradients may be partial. On cuda,
  /// nothing of it waits for the device or copies from the host. The gradients are those of `scale` times the scalar.
  void backward(float scale = 1);

  /// The output of a differentiable function `name` (a literal: only the pointer is kept) of `inputs`. It is
  /// recorded unless no input requires a gradient or a NoGradient is alive; then `backward` is dropped at
  /// once and with it what it saved. The history holds no values: what the backward pass needs, `backward`
  /// saves.
  static Variable record(const char* name, Tensor value, std::vector<Variable> inputs,
                         BackwardFunction backward);

 private:
  struct Node;
  struct Content;
  std::shared_ptr<Content> content_;
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
