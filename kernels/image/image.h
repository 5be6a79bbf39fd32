// From pixels to the network's input.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// out[n, y, x, c] = (pixels[n, y', x', c] - 127.5) / 128, with (x', y') the place that mirroring and
/// shifting bring to (x, y): x' = x - shift_x, clamped to the image, then W - 1 - x' if mirrored; y' = y -
/// shift_y, clamped.
///   pixels: u8 [N, H, W, 3]   out: [N, H, W, 3], f32 or (on cuda) bf16
///   augment: i32 [N, 3] = (mirror 0 or 1, shift_x, shift_y), any shift; undefined for none
/// Throws Error for unfit tensors.
void image_normalise(const Tensor& pixels, const Tensor& augment, Tensor& out);

namespace cpu {
void image_normalise(const Tensor& pixels, const Tensor& augment, Tensor& out);
}

namespace cuda {
void image_normalise(const Tensor& pixels, const Tensor& augment, Tensor& out);
}  // namespace cuda

}  // namespace hypersphere
