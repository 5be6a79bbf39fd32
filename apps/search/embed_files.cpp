#include "apps/search/embed_files.h"

#include <algorithm>
#include <iterator>

#include "apps/data/loader.h"
#include "apps/evaluation/photograph_features.h"
#include "apps/search/nearest.h"

namespace hypersphere {

EmbeddedFiles embed_files(const SphereFace& network, const std::vector<std::filesystem::path>& files,
                          const EmbedOptions& options, const FeatureProgress& progress) {
  const auto width = static_cast<int>(network.options().width),
             height = static_cast<int>(network.options().height);
  EmbeddedFiles embedded;
  const auto read = [&](const std::vector<std::filesystem::path>& some) {
    LoadedImages loaded = load_readable_images(some, options.framing, width, height, options.threads);
    std::ranges::move(loaded.problems, std::back_inserter(embedded.problems));
    return loaded.pixels;
  };
  embedded.features =
      embed_photographs(network, files, read, {.batch = 32, .activations = options.activations}, progress);
  const std::int64_t wrong = make_unit_rows(embedded.features);
  if (wrong >= 0)
    fail("{}: the model's embedding of it is not finite; the training of that model has diverged",
         files[static_cast<std::size_t>(wrong)].string());
  return embedded;
}

}  // namespace hypersphere
