// The photographs of a list of pairs, decoded once, and the verification protocol run on them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/framing.h"
#include "apps/data/pairs.h"
#include "apps/evaluation/features.h"
#include "apps/evaluation/verification.h"

namespace hypersphere {

/// Each photograph that occurs in a pair, once.
struct PairPhotographs {
  std::vector<std::string> paths;              ///< as in the pair list, relative to the data folder
  Tensor pixels;                               ///< u8 [paths, H, W, 3]
  std::vector<VerificationInput::Pair> pairs;  ///< first and second index paths
  int folds = 0;
};

/// Decodes the photographs of `list` below `data_dir`. Throws Error naming the first that cannot be decoded.
PairPhotographs load_pair_photographs(const PairList& list, const std::filesystem::path& data_dir,
                                      const Framing& framing, std::int64_t width, std::int64_t height,
                                      int threads);

/// The protocol of verify() on features f32 [paths, dim] of the photographs.
Verification verify_features(const Tensor& features, const PairPhotographs& photographs);

/// The protocol of verify() on the network's embeddings, image and mirror image joined, computed where the network
/// lies with activations of that type.
Verification verify_network(const SphereFace& network, const PairPhotographs& photographs,
                            DType activations = DType::f32, const FeatureProgress& progress = {});

/// The same protocol on the pixels themselves: the baseline.
Verification verify_raw_pixels(const PairPhotographs& photographs);

}  // namespace hypersphere
