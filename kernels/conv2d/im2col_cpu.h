// The column matrix of a convolution with few input channels, where implicit GEMM has too little to do a tap.
#pragma once

#include "kernels/conv2d/conv2d.h"

namespace hypersphere::cpu {

/// Whether a convolution with `in` channels goes through im2col: below a vector's worth of channels the inner
/// loop over one tap would be all overhead, and the column matrix (kh kw in a pixel) is small.
constexpr bool few_channels(std::int64_t in) { return in < 8; }

/// columns[n, oy, ox, (ky, kx, i)] = x[n, oy stride + ky - pad, ox stride + kx - pad, i], zero outside of the
/// image.
///   x: f32 [N, H, W, in]   result: f32 [N, oh, ow, kh kw in]
Tensor im2col(const Tensor& x, std::int64_t kernel_height, std::int64_t kernel_width, Conv2dOptions options);

}  // namespace hypersphere::cpu
