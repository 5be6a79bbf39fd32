#include "apps/evaluation/photograph_features.h"

#include <algorithm>

#include "apps/data/loader.h"
#include "kernels/conv2d/kept_filters_cpu.h"

namespace hypersphere {

Tensor embed_photographs(const SphereFace& network, const std::vector<std::filesystem::path>& paths,
                         const ReadPhotographs& read, FeatureOptions options,
                         const FeatureProgress& progress) {
  constexpr std::int64_t some = 256;
  const std::int64_t total = std::ssize(paths);
  const std::int64_t width = (options.join_mirror ? 2 : 1) * network.options().embedding;
  Tensor features = Tensor::empty({total, width});
  const cpu::KeptFilters kept_filters;
  for (std::int64_t first = 0; first < total; first += some) {
    const auto from = paths.begin() + first, to = paths.begin() + std::min(total, first + some);
    const Tensor part =
        extract_features(network, read({from, to}), options, [&](std::int64_t done, std::int64_t) {
          if (progress) progress(first + done, total);
        });
    std::ranges::copy(part.span<float>(), features.data<float>() + first * width);
  }
  return features;
}

Tensor embed_photographs(const SphereFace& network, const std::vector<std::filesystem::path>& paths,
                         const Framing& framing, int threads, FeatureOptions options,
                         const FeatureProgress& progress) {
  const auto width = static_cast<int>(network.options().width),
             height = static_cast<int>(network.options().height);
  const auto read = [&](const std::vector<std::filesystem::path>& some) {
    return load_images(some, framing, width, height, threads);
  };
  return embed_photographs(network, paths, read, options, progress);
}

}  // namespace hypersphere
