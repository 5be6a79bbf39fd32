// Some rows of a matrix: taken out, and put back.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// out[s] = x[rows[s]]. x: f32 [R, ...], rows: i32 [S] in [0, R), out: f32 [S, ...]. Throws Error for unfit shapes and, on the
/// cpu, for a row outside of x; on cuda, what such a row gives is NaN.
void take_rows(const Tensor& x, const Tensor& rows, Tensor& out);

/// out[rows[s]] = x[s]; the other rows of out stay as they are. x: f32 [S, ...], out: f32 [R, ...]; no row twice. Throws as
/// take_rows; on cuda, a row outside of out goes nowhere.
void put_rows(const Tensor& x, const Tensor& rows, Tensor& out);

namespace cpu {
void take_rows(const Tensor& x, const Tensor& rows, Tensor& out);
void put_rows(const Tensor& x, const Tensor& rows, Tensor& out);
}  // namespace cpu

namespace cuda {
void take_rows(const Tensor& x, const Tensor& rows, Tensor& out);
void put_rows(const Tensor& x, const Tensor& rows, Tensor& out);
}  // namespace cuda

}  // namespace hypersphere
