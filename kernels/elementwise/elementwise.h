// Arithmetic element by element. All tensors f32.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// out = a + b, all of one shape; out may be a or b. Throws Error for unfit shapes.
void add(const Tensor& a, const Tensor& b, Tensor& out);

/// y[r, c] += bias[c]; y [..., C], bias [C]. Throws Error for unfit shapes.
void add_bias(const Tensor& bias, Tensor& y);

/// x *= factor.
void scale(float factor, Tensor& x);

namespace cpu {
void add(const Tensor& a, const Tensor& b, Tensor& out);
void add_bias(const Tensor& bias, Tensor& y);
void scale(float factor, Tensor& x);
}  // namespace cpu

}  // namespace hypersphere
