#include "apps/evaluation/photograph_features.h"

#include <doctest/doctest.h>

#include "apps/data/loader.h"
#include "tests/apps/data/scratch.h"
#include "tests/support.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("photograph features: those of all the pixels at once, whatever is decoded at a time") {
  SphereFace network({.depth = 4, .widths = {2, 2, 2, 2}, .height = 16, .width = 16, .embedding = 3});
  network.initialise(1);
  const Scratch scratch;
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 5; ++i) {
    const auto shade = static_cast<std::uint8_t>(50 * i);
    paths.push_back(scratch.png(fmt::format("{}.png", i), plain(16, 16, shade, 255 - shade, 9)));
  }
  for (int i = 5; i < 260; ++i) paths.push_back(paths[static_cast<std::size_t>(i % 4)]);
  const Tensor expected = extract_features(network, load_images(paths, {}, 16, 16));

  std::vector<std::int64_t> told;
  const Tensor features = embed_photographs(network, paths, std::nullopt, 2, {.batch = 100},
                                            [&](std::int64_t done, std::int64_t total) {
                                              CHECK(total == 260);
                                              told.push_back(done);
                                            });
  CHECK(same_bits(features, expected));
  CHECK(told == std::vector<std::int64_t>{100, 200, 256, 260});

  std::vector<std::size_t> parts;
  embed_photographs(network, paths, [&](const std::vector<std::filesystem::path>& some) {
    parts.push_back(some.size());
    return load_images(some, {}, 16, 16);
  });
  CHECK(parts == std::vector<std::size_t>{256, 4});
  CHECK(embed_photographs(network, {}, std::nullopt, 1).shape() == Shape{0, 6});
  paths[258] = scratch / "gone.png";
  CHECK(holds(error_of([&] { embed_photographs(network, paths, std::nullopt, 1); }), "gone.png"));
}
