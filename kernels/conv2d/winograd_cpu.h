// Convolution 3x3 with stride 1 through Winograd's F(m x m, 3x3), m = 2, 4 or 6 along each axis: see
// winograd_transforms-inl.h.
#pragma once

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/winograd_tile.h"

namespace hypersphere::cpu {

/// Whether the Winograd kernels can take this convolution: 3x3, stride 1, channels in whole vectors of every instruction
/// set.
bool winograd_applies(const Shape& x, const Shape& w, Conv2dOptions options);

/// The contracts of conv2d.h for the convolutions that winograd_applies to, with tiles of a given size; `other` of the data
/// gradient may be undefined. The error against exact arithmetic is below 1e-5 relative. Workspace: the transformed
/// filters, (tile.y + 2) (tile.x + 2) in out floats, and a thread some MiB of transformed tiles; the weight gradient up to
/// four times as much, but no more than 8 MiB for the copies.
void winograd_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options,
                      WinogradTile tile, Tensor& y);
void winograd_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                            const Tensor& residual, Conv2dOptions options, WinogradTile tile, Tensor& before,
                            Tensor& y);
void winograd_backward_data(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                            WinogradTile tile, Tensor& dx);
void winograd_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before,
                                  const Tensor& slope, Conv2dOptions options, WinogradTile tile,
                                  Tensor& dbefore, Tensor& dslope);
void winograd_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, WinogradTile tile,
                              Tensor& dw);

}  // namespace hypersphere::cpu
