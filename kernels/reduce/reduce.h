// Sums. Every sum is split and added in a fixed order that depends on the shapes alone.
#pragma once

#include <span>

#include "tensor/tensor.h"

namespace hypersphere {

/// out[c] = sum over r of x[r, c]; x [..., C], f32 or (on cuda) bf16, seen as rows; out f32 [C]. Workspace:
/// at most 64 C floats on the cpu, 1056 C on cuda. Throws Error for unfit tensors.
void column_sum(const Tensor& x, Tensor& out);

/// sum = the sum of squares of all elements of all parts, added in double; parts f32 of any shapes, on the
/// device of sum; sum one element of f32. Nobody waits for it on cuda. Throws Error for unfit tensors.
void sum_of_squares(std::span<const Tensor> parts, Tensor& sum);

namespace cpu {
void column_sum(const Tensor& x, Tensor& out);
void sum_of_squares(std::span<const Tensor> parts, Tensor& sum);
}  // namespace cpu

namespace cuda {
void column_sum(const Tensor& x, Tensor& out);
void sum_of_squares(std::span<const Tensor> parts, Tensor& sum);
}  // namespace cuda

}  // namespace hypersphere
