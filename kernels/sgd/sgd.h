// Stochastic gradient descent with momentum and weight decay, as Caffe's solver does it:
//
//   v = momentum v + rate (g + decay w)
//   w = w - v
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

struct SgdOptions {
  float learning_rate = 0.1f;  ///< of this parameter: its multiplier is applied already
  float momentum = 0.9f;
  float weight_decay = 5e-4f;  ///< of this parameter: its multiplier is applied already
};

/// Updates w and v in one pass. w, v, g: f32 of one shape. Throws Error for unfit shapes.
void sgd_update(const Tensor& g, SgdOptions options, Tensor& w, Tensor& v);

namespace cpu {
void sgd_update(const Tensor& g, SgdOptions options, Tensor& w, Tensor& v);
}

}  // namespace hypersphere
