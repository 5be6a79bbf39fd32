// From the files of photographs to what a search compares.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "apps/data/framing.h"
#include "apps/evaluation/features.h"
#include "apps/search/gallery_folder.h"

namespace hypersphere {

/// How photographs are embedded.
struct EmbedOptions {
  Framing framing;
  int threads = 1;                 ///< that decode
  DType activations = DType::f32;  ///< bf16 on cuda only
};

/// Unit rows f32 [files, 2 embedding]: each photograph's embedding joined with its mirror image's, as compare has it.
/// Photographs that cannot be decoded have a problem instead. 256 photographs are in memory at a time. Throws Error where
/// the network gives a value that is not finite.
EmbeddedFiles embed_files(const SphereFace& network, const std::vector<std::filesystem::path>& files,
                          const EmbedOptions& options, const FeatureProgress& progress = {});

}  // namespace hypersphere
