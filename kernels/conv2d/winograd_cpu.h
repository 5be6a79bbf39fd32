// Convolution 3x3 with stride 1 through Winograd's F(4x4, 3x3): see winograd_transforms-inl.h.
#pragma once

#include "kernels/conv2d/conv2d.h"

namespace hypersphere::cpu {

/// Whether the Winograd kernels take this convolution: 3x3, stride 1, channels in whole vectors of every instruction
/// set, and enough of them that the products outweigh the transforms.
bool winograd_applies(const Shape& x, const Shape& w, Conv2dOptions options);

/// The contracts of conv2d.h for the convolutions that winograd_applies to; `other` of the data gradient may be
/// undefined. The error against exact arithmetic is a few 1e-6 relative. Workspace: the transformed filters, 36 in out
/// floats, and a thread some MiB of transformed tiles; the weight gradient the same.
void winograd_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y);
void winograd_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                            const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y);
void winograd_backward_data(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                            Tensor& dx);
void winograd_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before,
                                  const Tensor& slope, Conv2dOptions options, Tensor& dbefore,
                                  Tensor& dslope);
void winograd_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw);

}  // namespace hypersphere::cpu
