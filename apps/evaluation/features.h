// What a network says of photographs.
#pragma once

#include <functional>

#include "nn/sphereface.h"
#include "tensor/tensor.h"

namespace hypersphere {

/// Told how many of how many images are done.
using FeatureProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// The network's embeddings of `pixels` (u8 [N, H, W, 3] on the cpu): f32 [N, embedding], or with
/// `join_mirror` f32 [N, 2 embedding], each image's embedding followed by that of its mirror image, as the
/// authors' evaluation does it. Computed `batch` images at a time without recording gradients. Throws Error
/// for images of another size than the network's.
Tensor extract_features(const SphereFace& network, const Tensor& pixels, bool join_mirror,
                        std::int64_t batch = 64, const FeatureProgress& progress = {});

}  // namespace hypersphere
