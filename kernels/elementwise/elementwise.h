// Arithmetic element by element.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// out = a + b, all of one shape and type, f32 or (on cuda) bf16; out may be a or b. Throws Error for unfit tensors.
void add(const Tensor& a, const Tensor& b, Tensor& out);

/// y[r, c] += bias[c]; y [..., C] f32 or (on cuda) bf16, bias f32 [C]. Throws Error for unfit tensors.
void add_bias(const Tensor& bias, Tensor& y);

/// x *= factor; x f32.
void scale(float factor, Tensor& x);

/// x = value; x f32.
void fill(float value, Tensor& x);

/// to = from, element by element, f32 or bf16 each, rounded to nearest even. Throws Error for unfit tensors.
void convert(const Tensor& from, Tensor& to);
/// `from` itself where it has this type, else a new tensor with its values.
Tensor converted(const Tensor& from, DType dtype);

namespace cpu {
void add(const Tensor& a, const Tensor& b, Tensor& out);
void add_bias(const Tensor& bias, Tensor& y);
void scale(float factor, Tensor& x);
void fill(float value, Tensor& x);
void convert(const Tensor& from, Tensor& to);
}  // namespace cpu

namespace cuda {
void add(const Tensor& a, const Tensor& b, Tensor& out);
void add_bias(const Tensor& bias, Tensor& y);
void scale(float factor, Tensor& x);
void fill(float value, Tensor& x);
void convert(const Tensor& from, Tensor& to);
}  // namespace cuda

}  // namespace hypersphere
