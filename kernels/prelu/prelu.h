// PReLU: a rectifier with one learned slope a channel (He, Zhang, Ren, Sun: "Delving deep into rectifiers",
// arXiv 1502.01852, equation 1).
//
//   y[r, c] = x[r, c] if x[r, c] > 0, else slope[c] x[r, c]
//   x, y: [..., C], seen as rows of C channels, f32 or (on cuda) bf16   slope: f32 [C]
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// Writes y, of x's type; y may be x itself. Throws Error for unfit tensors.
void prelu_forward(const Tensor& x, const Tensor& slope, Tensor& y);

/// Writes dx[r, c] = dy[r, c] (x[r, c] > 0 ? 1 : slope[c]) and dslope[c] = sum over r with x[r, c] <= 0 of
/// dy[r, c] x[r, c] (paper, equation 3). dy and dx are of x's type, dslope is f32. dx may be dy itself. The
/// sum over rows is split and added in a fixed order that depends on the shape alone; workspace: at most 64 C
/// floats on the cpu, 1056 C on cuda. Throws Error for unfit tensors.
void prelu_backward(const Tensor& x, const Tensor& slope, const Tensor& dy, Tensor& dx, Tensor& dslope);

namespace cpu {
void prelu_forward(const Tensor& x, const Tensor& slope, Tensor& y);
void prelu_backward(const Tensor& x, const Tensor& slope, const Tensor& dy, Tensor& dx, Tensor& dslope);
}  // namespace cpu

namespace cuda {
void prelu_forward(const Tensor& x, const Tensor& slope, Tensor& y);
void prelu_backward(const Tensor& x, const Tensor& slope, const Tensor& dy, Tensor& dx, Tensor& dslope);
}  // namespace cuda

}  // namespace hypersphere
