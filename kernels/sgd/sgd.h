// Stochastic gradient descent with momentum and weight decay, as Caffe's solver does it:
//
//   v = momentum v + rate (g + decay w)
//   w = w - v
#pragma once

#include <span>

#include "tensor/tensor.h"

namespace hypersphere {

struct SgdOptions {
  float learning_rate = 0.1f;
  float momentum = 0.9f;
  float weight_decay = 5e-4f;
};

/// A parameter w with its velocity v and its gradient g, f32 of one shape. It has the rate learning_rate
/// rate_multiplier and the decay weight_decay decay_multiplier.
struct SgdParameter {
  Tensor w, v, g;
  float rate_multiplier = 1, decay_multiplier = 1;
};

/// Updates w and v of all parameters in one pass. `guard`: f32 of any shape, or undefined; where any element
/// of it is not finite, nothing is updated. On cuda the device itself looks at it, so that nobody waits.
/// Throws Error for unfit tensors.
void sgd_update(std::span<const SgdParameter> parameters, SgdOptions options, const Tensor& guard = Tensor());

namespace cpu {
void sgd_update(std::span<const SgdParameter> parameters, SgdOptions options, const Tensor& guard);
}

namespace cuda {
void sgd_update(std::span<const SgdParameter> parameters, SgdOptions options, const Tensor& guard);
}

}  // namespace hypersphere
