// From files to embeddings, a few at a time: memory does not grow with their number.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "apps/data/framing.h"
#include "apps/evaluation/features.h"

namespace hypersphere {

/// Decodes photographs of the network's size: u8 [paths, H, W, 3] on the cpu.
using ReadPhotographs = std::function<Tensor(const std::vector<std::filesystem::path>&)>;

/// extract_features of the photographs, 256 of which are decoded at a time by `read`. Throws what that throws.
Tensor embed_photographs(const SphereFace& network, const std::vector<std::filesystem::path>& paths,
                         const ReadPhotographs& read, FeatureOptions options = {},
                         const FeatureProgress& progress = {});

/// The same with load_images on `threads`: throws Error naming the first photograph that cannot be decoded.
Tensor embed_photographs(const SphereFace& network, const std::vector<std::filesystem::path>& paths,
                         const Framing& framing, int threads, FeatureOptions options = {},
                         const FeatureProgress& progress = {});

}  // namespace hypersphere
