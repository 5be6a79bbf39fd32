#include "apps/search/embed_files.h"

#include "apps/data/loader.h"
#include "apps/search/nearest.h"
#include "tests/apps/data/scratch.h"
#include "tests/support.h"

using namespace hypersphere;
using hypersphere::test::error_of;
using hypersphere::test::holds;
using hypersphere::test::Scratch;

namespace {

SphereFaceOptions small() {
  return {.depth = 4, .widths = {4, 4, 8, 8}, .height = 16, .width = 18, .embedding = 6};
}

}  // namespace

TEST_CASE("embed_files: unit rows of each photograph with its mirror image, and problems") {
  const Scratch scratch;
  SphereFace network(small());
  network.initialise(3);
  const std::vector<std::filesystem::path> good = {scratch.png("a.png", test::gradient(30, 20)),
                                                   scratch.png("b.png", test::plain(18, 16, 200, 30, 90))};
  const std::vector<std::filesystem::path> files = {good[0], scratch.file("c.png", "no image"),
                                                    scratch / "none.png", good[1]};
  for (const int threads : {1, 3}) {
    const EmbeddedFiles embedded = embed_files(network, files, {.framing = {}, .threads = threads});
    REQUIRE(embedded.problems.size() == 4);
    CHECK(embedded.problems[0].empty());
    CHECK(holds(embedded.problems[1], "c.png"));
    CHECK(holds(embedded.problems[2], "none.png"));
    CHECK(embedded.problems[3].empty());
    Tensor features = extract_features(network, load_images(good, {}, 18, 16));
    REQUIRE(make_unit_rows(features) == -1);
    CHECK(test::same_bits(embedded.features.slice(0, 1), features.slice(0, 1)));
    CHECK(test::same_bits(embedded.features.slice(3, 1), features.slice(1, 1)));
    CHECK(exact_cosine(features.span<float>().first(12), features.span<float>().first(12)) ==
          doctest::Approx(1).epsilon(1e-6));
  }
  // A crop changes what the network sees.
  const EmbeddedFiles cropped = embed_files(network, good, {.framing = parse_crop("2,3,17,16")});
  CHECK_FALSE(
      test::same_bits(cropped.features.slice(0, 1), embed_files(network, good, {}).features.slice(0, 1)));
}

TEST_CASE("embed_files: a diverged model is told by the photograph's name") {
  const Scratch scratch;
  SphereFace network(small());
  network.initialise(3);
  network.parameters().back().parameter->variable.value().span<float>()[0] =
      std::numeric_limits<float>::infinity();
  const auto file = scratch.png("a.png", test::gradient(18, 16));
  CHECK(holds(error_of([&] { embed_files(network, {file}, {}); }), "a.png", "not finite"));
}
