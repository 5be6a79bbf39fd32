// Convolution by cuDNN, to compare with: conv2d_cuda.cu hands over to it where conv_engine() is cudnn. Only
// in builds that found cuDNN.
#pragma once

#include "kernels/conv2d/conv2d.h"

namespace hypersphere::cudnn {

#ifdef HYPERSPHERE_CUDNN
inline constexpr bool in_this_build = true;
#else
inline constexpr bool in_this_build = false;
#endif

/// As the functions of the same names in conv2d.h, for tensors on cuda, none of them empty. The first call
/// for a shape, type and precision times cuDNN's engines and keeps the fastest; engines that would round f32
/// numbers further than matrix_precision() says, or sum in less than f32, are not among them. Sums may be
/// added in another order each time. Throws Error where cuDNN reports one, has no engine, or would have to
/// choose one while a graph is captured.
void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y);
/// Composed of the convolution and the kernels of prelu/ and elementwise/.
void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y);
void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx);
/// With bf16 tensors, cuDNN has no engine that writes dw in f32: it writes bf16, which is converted.
void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw);

}  // namespace hypersphere::cudnn
