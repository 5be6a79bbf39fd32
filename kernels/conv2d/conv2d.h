// 2-D convolution (cross-correlation, as every framework means it), NHWC.
//
//   y[n, oy, ox, o] = bias[o] + sum over ky, kx, i of x[n, oy stride + ky - pad, ox stride + kx - pad, i]
//   w[o, ky, kx, i]
//
// with x taken as zero outside of the image.
//   x: [N, H, W, in]   w: [out, kh, kw, in]   bias: f32 [out]   y: [N, oh, ow, out]
// x, w, y and the gradients dx and dy are f32, or on cuda all bf16 (sums are f32 there too); dw is f32 always.
//   oh = (H + 2 pad - kh) / stride + 1, rounded down; ow likewise
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

struct Conv2dOptions {
  std::int64_t stride = 1;
  std::int64_t pad = 0;
};

/// The shape of y. Throws Error unless x and w have rank 4 and the same `in`, stride >= 1, pad >= 0, and the
/// window fits into the padded image.
Shape conv2d_output_shape(const Shape& x, const Shape& w, Conv2dOptions options);

/// Writes y. `bias` may be undefined (no bias). y must not overlap an input. Throws Error for unfit shapes.
void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y);

/// A convolution with what follows it in SphereFace: before = the y of conv2d_forward, y = PReLU(before) and, where
/// `residual` is defined, + residual. `before` is what prelu_backward wants to know; where it is undefined, it is not
/// kept. slope: f32 [out]; residual, before: as y. On cuda this is one kernel. y may be residual, nothing else may
/// overlap. Throws Error for unfit shapes.
void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y);

/// Writes dx = the gradient with respect to x, given dy = that with respect to y:
///   dx[n, iy, ix, i] = sum over o and all (oy, ky), (ox, kx) with oy stride + ky - pad = iy, ox stride + kx
///   - pad = ix
///                      of dy[n, oy, ox, o] w[o, ky, kx, i]
/// dx must not overlap an input. Throws Error for unfit shapes.
void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx);

/// conv2d_backward_data, and what else reads x in a residual unit: dx = the gradient above + other, the gradient that
/// reaches x another way. other: as dx; dx may be other, nothing else may overlap. In one kernel where the cpu uses
/// Winograd. Throws Error for unfit shapes.
void conv2d_backward_data_sum(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                              Tensor& dx);

/// conv2d_backward_data where x = PReLU(before), and prelu_backward behind it: writes dbefore = the gradient with respect
/// to `before`, and dslope (see kernels/prelu). before, dbefore: as x; slope, dslope: f32 [in]. Nothing may overlap. In
/// one kernel where the cpu uses Winograd. Throws Error for unfit shapes.
void conv2d_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before, const Tensor& slope,
                                Conv2dOptions options, Tensor& dbefore, Tensor& dslope);

/// Writes dw[o, ky, kx, i] = sum over n, oy, ox of dy[n, oy, ox, o] x[n, oy stride + ky - pad, ox stride + kx
/// - pad, i]. Sums run in a fixed order, whatever the number of threads. Throws Error for unfit shapes. (The
/// bias gradient is column_sum of dy seen as [N oh ow, out], in reduce/.)
void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw);

namespace cpu {
void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y);
void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx);
void conv2d_backward_data_sum(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                              Tensor& dx);
void conv2d_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before, const Tensor& slope,
                                Conv2dOptions options, Tensor& dbefore, Tensor& dslope);
void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw);
void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y);
}  // namespace cpu

namespace cuda {
void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y);
void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx);
void conv2d_backward_data_sum(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                              Tensor& dx);
void conv2d_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before, const Tensor& slope,
                                Conv2dOptions options, Tensor& dbefore, Tensor& dslope);
void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw);
void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y);
}  // namespace cuda

}  // namespace hypersphere
