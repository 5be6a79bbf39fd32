// The layers that SphereFace is built from.
#pragma once

#include "autograd/functions.h"
#include "nn/module.h"
#include "tensor/random.h"

namespace hypersphere {

class PRelu;

/// A 2-D convolution, parameters "weight" [out, k, k, in] and, with_bias, "bias" [out] (rate x2, no decay).
class Conv2d : public Module {
 public:
  Conv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, Conv2dOptions options, bool with_bias);
  /// x: [N, H, W, in]. Here as in all layers f32, or bf16 on cuda, as the result then is.
  Variable forward(const Variable& x) const;
  /// prelu.forward(forward(x)) in one step.
  Variable forward(const Variable& x, const PRelu& prelu) const;
  Parameter& weight() { return weight_; }
  const Parameter& weight() const { return weight_; }

 private:
  Conv2dOptions options_;
  Parameter& weight_;
  Parameter* bias_;
};

/// One learned slope a channel, parameter "slope" [channels], 0.25 at the start.
class PRelu : public Module {
 public:
  explicit PRelu(std::int64_t channels);
  Variable forward(const Variable& x) const;
  const Variable& slope() const { return slope_.variable; }

 private:
  Parameter& slope_;
};

/// A fully connected layer, parameters "weight" [out, in], "bias" [out] (rate x2, no decay).
class Linear : public Module {
 public:
  Linear(std::int64_t in, std::int64_t out);
  /// x: [B, ...] with `in` values a row. The result is f32.
  Variable forward(const Variable& x) const;
  Parameter& weight() { return weight_; }

 private:
  Parameter& weight_;
  Parameter& bias_;
};

/// out = x + PReLU(conv2(PReLU(conv1(x)))), both 3x3 without bias; nothing follows the sum. An x that is handed over (moved)
/// gives its memory to the result where nothing is recorded.
class ResidualUnit : public Module {
 public:
  explicit ResidualUnit(std::int64_t channels);
  Variable forward(Variable x) const;
  Conv2d& conv1() { return conv1_; }
  Conv2d& conv2() { return conv2_; }

 private:
  Conv2d conv1_;
  PRelu prelu1_;
  Conv2d conv2_;
  PRelu prelu2_;
};

}  // namespace hypersphere
