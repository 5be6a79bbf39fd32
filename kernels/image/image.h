// From pixels to the network's input, changed at random or not at all.
#pragma once

#include "kernels/image/image_change.h"
#include "tensor/tensor.h"

namespace hypersphere {

/// Places, colours and normalises images. Of image n with change c (image_change.h), element (y, x):
///   place   (u, v) = (x - (W - 1) / 2 - c.shift_x, y - (H - 1) / 2 - c.shift_y), from the middle of the result;
///           (p, q) = (c.step_x u - c.step_y v, c.step_y u + c.step_x v), p = -p if mirrored;
///           s = pixels[n] at column (Ws - 1) / 2 + p and line (Hs - 1) / 2 + q, each clamped to the image,
///           bilinear between the four pixels around it
///   value   r = (s - 127.5) / 128
///   colour  r' = grey + c.saturation (r - grey) with grey = 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601),
///           out = c.contrast r' + c.brightness, clamped to the values that pixels have, -+127.5 / 128;
///           out = r where the change keeps the colours
///   erase   out = 0 inside of the rectangle
/// A change of whole pixels takes the values of pixels as they are, with nothing rounded.
///   pixels: u8 [N, Hs, Ws, 3], no smaller than the result; both differences are even: as much surrounds it on either
///   side
///   changes: f32 [N, ImageChange::numbers], undefined for none
///   out: [N, H, W, 3], f32 or (on cuda) bf16
/// Throws Error for unfit tensors. Workspace on the cpu: for other changes, a source image in f32 for each thread.
void image_normalise(const Tensor& pixels, const Tensor& changes, Tensor& out);

namespace cpu {
void image_normalise(const Tensor& pixels, const Tensor& changes, Tensor& out);
}

namespace cuda {
void image_normalise(const Tensor& pixels, const Tensor& changes, Tensor& out);
}  // namespace cuda

}  // namespace hypersphere
