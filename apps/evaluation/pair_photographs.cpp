#include "apps/evaluation/pair_photographs.h"

#include <map>

#include "apps/data/loader.h"
#include "apps/evaluation/raw_pixels.h"

namespace hypersphere {

PairPhotographs load_pair_photographs(const PairList& list, const std::filesystem::path& data_dir,
                                      const Framing& framing, std::int64_t width, std::int64_t height,
                                      int threads) {
  PairPhotographs result;
  result.folds = list.folds;
  std::map<std::string, int> index;
  std::vector<std::filesystem::path> files;
  const auto number = [&](const std::string& path) {
    const auto [entry, fresh] = index.try_emplace(path, static_cast<int>(index.size()));
    if (fresh) {
      result.paths.push_back(path);
      files.push_back(data_dir / path);
    }
    return entry->second;
  };
  for (const Pair& pair : list.pairs) {
    const int first = number(pair.first), second = number(pair.second);
    result.pairs.push_back({first, second, pair.same, pair.fold});
  }
  result.pixels = load_images(files, framing, static_cast<int>(width), static_cast<int>(height), threads);
  return result;
}

Verification verify_features(const Tensor& features, const PairPhotographs& photographs) {
  const auto values = features.span<float>();
  return verify({{values.begin(), values.end()}, features.shape()[1], photographs.pairs, photographs.folds});
}

Verification verify_network(const SphereFace& network, const PairPhotographs& photographs, DType activations,
                            const FeatureProgress& progress) {
  return verify_features(
      extract_features(network, photographs.pixels, {.activations = activations}, progress), photographs);
}

Verification verify_raw_pixels(const PairPhotographs& photographs) {
  std::vector<double> features = raw_pixel_features(photographs.pixels);
  const std::int64_t images = photographs.pixels.shape()[0];
  const std::int64_t dim = images == 0 ? 0 : photographs.pixels.size() / images;
  return verify({std::move(features), dim, photographs.pairs, photographs.folds});
}

}  // namespace hypersphere
