// The baseline that every trained network must beat: the pixels themselves as features.
#pragma once

#include <vector>

#include "tensor/tensor.h"

namespace hypersphere {

/// The pixels of `images` (u8, [N, H, W, 3], on the cpu) as row-major features [N, H * W * 3], values 0..255.
/// verify() subtracts the mean, so that its similarity is the cosine of mean-free pixels.
/// Throws Error for another type, rank or channel count.
std::vector<double> raw_pixel_features(const Tensor& images);

}  // namespace hypersphere
