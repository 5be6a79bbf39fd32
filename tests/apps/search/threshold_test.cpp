#include "apps/search/threshold.h"

#include "tests/apps/search/galleries.h"
#include "tests/kernels/checks.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("nearest_strangers: worked by hand") {
  // Ann at 0 and 2 degrees, Bob at 60, Cem at 90. Most like a stranger: Ann's 58 and 60 degrees away from Bob, Bob and
  // Cem 30 from each other.
  const NearestRows gallery(at_angles({0, 2, 60, 90}), {0, 0, 1, 2});
  const std::vector<float> strangers = nearest_strangers(gallery);
  REQUIRE(strangers.size() == 4);
  const auto cosine = [](double degrees) {
    return doctest::Approx(std::cos(degrees * M_PI / 180)).epsilon(1e-6);
  };
  CHECK(strangers[0] == cosine(30));
  CHECK(strangers[1] == cosine(30));
  CHECK(strangers[2] == cosine(58));
  CHECK(strangers[3] == cosine(60));
  // Of four, a share of 0.25 is one, which may be above the threshold.
  CHECK(threshold_of(strangers, 0) == cosine(30));
  CHECK(threshold_of(strangers, 0.01) == cosine(30));
  CHECK(threshold_of(strangers, 0.25) == cosine(30));
  CHECK(threshold_of(strangers, 0.5) == cosine(58));
  CHECK(threshold_of(strangers, 0.75) == cosine(60));
  CHECK(threshold_of(strangers, 0.99) == cosine(60));
  CHECK(threshold_of(strangers, 1) == -1);
}

TEST_CASE("nearest_strangers: of one person there are none") {
  CHECK(nearest_strangers(NearestRows(at_angles({0, 10, 20}), {4, 4, 4})).empty());
  CHECK(nearest_strangers(NearestRows(at_angles({0}), {0})).empty());
  CHECK_FAILS(threshold_of({}, 0.01), "one person only");
}

TEST_CASE("nearest_strangers: a sample of a large gallery, at equal distances") {
  const Tensor rows = random_unit_rows(10, 8);
  const NearestRows gallery(rows, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  std::vector<double> expected;
  for (const std::int32_t row : {0, 2, 5, 7})
    expected.push_back(naive_search(rows, gallery.groups(), rows.slice(row, 1), 1, &row)[0].cosine);
  std::ranges::sort(expected, std::ranges::greater());
  const std::vector<float> strangers = nearest_strangers(gallery, 4);
  CHECK(relative_error(strangers, expected) < 1e-7);
}

TEST_CASE("threshold_of: no larger share exceeds it, and the next lower value would let more pass") {
  const Tensor drawn = random_tensor({997});
  std::vector<float> strangers(drawn.span<float>().begin(), drawn.span<float>().end());
  std::ranges::sort(strangers, std::ranges::greater());
  for (const double share : {0.0, 0.001, 0.01, 0.0702, 0.5, 0.999}) {
    const double threshold = threshold_of(strangers, share);
    const auto above =
        std::ranges::count_if(strangers, [&](float s) { return static_cast<double>(s) > threshold; });
    CHECK(static_cast<double>(above) <= 997 * share);
    CHECK(static_cast<double>(above + 1) > 997 * share);
  }
  std::vector<float> hundred(100);
  for (std::size_t i = 0; i < 100; ++i) hundred[i] = static_cast<float>(100 - i);
  CHECK(threshold_of(hundred, 0.07) == 93);  // seven above it
  CHECK(threshold_of(hundred, 0.29) == 71);
  CHECK_FAILS(threshold_of(hundred, -0.1), "a share of 0 to 1");
  CHECK_FAILS(threshold_of(hundred, std::numeric_limits<double>::quiet_NaN()), "a share of 0 to 1");
}

TEST_CASE("doubt_of: people count, not photographs") {
  CHECK(doubt_of(300, 0.01).empty());
  CHECK(doubt_of(30, 0.1).empty());
  CHECK(doubt_of(299, 0.01).find("fewer than 3") != std::string::npos);
  CHECK(doubt_of(24, 0.01).find("1 % of 24 people is not even one") != std::string::npos);
  CHECK(doubt_of(1000000, 0).find("not even one") != std::string::npos);
}
