#include "tensor/random.h"

#include <cmath>
#include <set>

#include "tensor/error.h"
#include "tests/support.h"

using namespace hypersphere;

using Words = std::array<std::uint32_t, 4>;

// The known answers for philox4x32-10 that the Random123 distribution publishes.
TEST_CASE("philox: known answers") {
  CHECK(philox(0, 0, 0) == Words{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8});
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  CHECK(philox(ones, ones, ones) == Words{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD});
  // Counter words 243f6a88 85a308d3 13198a2e 03707344, key words a4093822 299f31d0: the digits of pi.
  CHECK(philox(0x299F31D0A4093822, 0x0370734413198A2E, 0x85A308D3243F6A88) ==
        Words{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1});
}

TEST_CASE("random: walks along the counter, four words a step") {
  Random random(5, 7);
  for (std::uint64_t counter = 0; counter < 3; ++counter)
    for (const std::uint32_t word : philox(5, 7, counter)) CHECK(random.bits() == word);
}

TEST_CASE("random: seeds and streams differ, uses do not overlap") {
  std::set<std::uint32_t> first;
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (std::uint64_t stream = 0; stream < 10; ++stream) first.insert(Random(seed, stream).bits());
  CHECK(first.size() >= 99);
  CHECK(random_stream(RandomUse::initialise, (std::uint64_t{1} << 48) - 1) <
        random_stream(RandomUse::shuffle, 0));
}

TEST_CASE("random: uniform covers [0, 1) evenly") {
  Random random(test::test_seed(), 1);
  constexpr int count = 1 << 16, bins = 16;
  std::array<int, bins> histogram{};
  for (int i = 0; i < count; ++i) {
    const float value = random.uniform();
    REQUIRE(value >= 0);
    REQUIRE(value < 1);
    ++histogram[static_cast<std::size_t>(value * bins)];
  }
  // Six standard deviations of a binomial with p = 1/16.
  const double slack = 6 * std::sqrt(count * (1.0 / bins) * (1 - 1.0 / bins));
  for (const int filled : histogram) CHECK(std::abs(filled - count / bins) < slack);
  for (int i = 0; i < 1000; ++i) {
    const float value = random.uniform(-3.0f, 5.0f);
    CHECK(value >= -3.0f);
    CHECK(value <= 5.0f);
  }
}

TEST_CASE("random: below is even for bounds that do not divide 2^32") {
  Random random(test::test_seed(), 2);
  constexpr int count = 70000;
  std::array<int, 7> histogram{};
  for (int i = 0; i < count; ++i) ++histogram[random.below(7)];
  const double slack = 6 * std::sqrt(count * (1.0 / 7) * (6.0 / 7));
  for (const int filled : histogram) CHECK(std::abs(filled - count / 7) < slack);

  // Three quarters of 2^32: with a plain remainder, a value below 2^30 would be twice as likely as another.
  constexpr std::uint32_t bound = 3u << 30;
  int low = 0;
  for (int i = 0; i < count; ++i) {
    const std::uint32_t value = random.below(bound);
    REQUIRE(value < bound);
    low += value < bound / 3;
  }
  CHECK(std::abs(low - count / 3) < 6 * std::sqrt(count * (1.0 / 3) * (2.0 / 3)));

  for (int i = 0; i < 10; ++i) CHECK(random.below(1) == 0);
  CHECK_THROWS_AS(random.below(0), Error);
}

TEST_CASE("random: normal has the moments of a standard normal") {
  Random random(test::test_seed(), 3);
  constexpr int count = 1 << 17;
  double sum[5] = {};
  for (int i = 0; i < count; ++i) {
    const double value = static_cast<double>(random.normal());
    REQUIRE(std::isfinite(value));
    double power = 1;
    for (double& s : sum) {
      s += power;
      power *= value;
    }
  }
  const double scale =
      6 / std::sqrt(static_cast<double>(count));  // six standard deviations, times sqrt(variance)
  CHECK(std::abs(sum[1] / count) < scale);
  CHECK(std::abs(sum[2] / count - 1) < scale * std::sqrt(2.0));
  CHECK(std::abs(sum[3] / count) < scale * std::sqrt(15.0));
  CHECK(std::abs(sum[4] / count - 3) < scale * std::sqrt(96.0));
}
TEST_CASE("random: skip goes on as after so many numbers, from wherever in a block") {
  for (const int before : {0, 1, 3, 4, 5})
    for (const std::uint64_t count : {0, 1, 2, 3, 4, 7, 8, 1001}) {
      CAPTURE(before);
      CAPTURE(count);
      Random walked(9, 4), skipped(9, 4);
      for (int i = 0; i < before; ++i) walked.bits(), skipped.bits();
      for (std::uint64_t i = 0; i < count; ++i) walked.bits();
      skipped.skip(count);
      for (int i = 0; i < 6; ++i) CHECK(skipped.bits() == walked.bits());
    }
}
