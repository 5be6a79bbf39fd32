// What a network says of photographs.
#pragma once

#include <functional>

#include "nn/sphereface.h"
#include "tensor/tensor.h"

namespace hypersphere {

/// Told how many of how many images are done.
using FeatureProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// How the network is asked.
struct FeatureOptions {
  bool join_mirror = true;         ///< each image's embedding followed by that of its mirror image
  std::int64_t batch = 64;         ///< images at a time
  DType activations = DType::f32;  ///< bf16 on cuda only
};

/// The network's embeddings of `pixels` (u8 [N, H, W, 3] on the cpu): f32 [N, embedding], or with
/// join_mirror f32 [N, 2 embedding], as the authors' evaluation does it, on the cpu. Computed where the network lies,
/// without recording gradients. Throws Error for images of another size than the network's.
Tensor extract_features(const SphereFace& network, const Tensor& pixels, FeatureOptions options = {},
                        const FeatureProgress& progress = {});

/// The image's own half of features that are joined with its mirror's: f32 [N, 2 embedding] to [N, embedding].
/// Throws Error for rows of an odd length.
Tensor without_mirror(const Tensor& joined);

}  // namespace hypersphere
