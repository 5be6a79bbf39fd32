// Sums. All tensors f32; every sum is split and added in a fixed order that does not depend on the number of
// threads.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// out[c] = sum over r of x[r, c]; x [..., C] seen as rows, out [C]. CPU workspace: at most 64 C floats.
/// Throws Error for unfit shapes.
void column_sum(const Tensor& x, Tensor& out);

/// The sum of squares of all elements, in double.
double sum_of_squares(const Tensor& x);

/// Whether every element is finite (neither NaN nor infinite).
bool all_finite(const Tensor& x);

namespace cpu {
void column_sum(const Tensor& x, Tensor& out);
double sum_of_squares(const Tensor& x);
bool all_finite(const Tensor& x);
}  // namespace cpu

}  // namespace hypersphere
