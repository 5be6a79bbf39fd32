#include "apps/evaluation/identification.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/kernels/checks.h"

namespace hypersphere::test {
namespace {

ProbeMatch known(float own, float other, std::int64_t people_before, std::int64_t distractors_before = 0,
                 std::int64_t first_distractor = -1) {
  return {.own = own,
          .other = other,
          .people_before = people_before,
          .distractors_before = distractors_before,
          .first_distractor = first_distractor};
}

ProbeMatch unknown(float other) { return {.other = other}; }

}  // namespace

TEST_CASE("cumulative matches by hand") {
  // Of five probes two are first, one second, one fourth, one beyond the four candidates' end (it cannot be, but counts
  // nowhere).
  CHECK(cumulative_matches({1, 4, 2, 1, 9}, 4) == std::vector<double>{0.4, 0.6, 0.6, 0.8});
  CHECK(cumulative_matches({1}, 1) == std::vector<double>{1});
  const std::vector<double> many = cumulative_matches({20, 21, 1, 1}, 1000);
  REQUIRE(many.size() == 20);
  CHECK(many[0] == 0.5);
  CHECK(many[18] == 0.5);
  CHECK(many[19] == 0.75);
  CHECK_FAILS(cumulative_matches({}, 4), "found 0 and 4");
  CHECK_FAILS(cumulative_matches({1}, 0), "found 1 and 0");
  CHECK_FAILS(cumulative_matches({0}, 4), "found 0");
}

TEST_CASE("detection and identification by hand") {
  // Known: right at 0.9, 0.6 and 0.5; wrong at 0.8. Unknown: 0.7, 0.5, 0.5, 0.2.
  const Identification result =
      identify({known(0.9f, 0.3f, 0), known(0.6f, 0.1f, 0), known(0.8f, 0.95f, 1), known(0.5f, 0.4f, 0)},
               {unknown(0.5f), unknown(0.7f), unknown(0.2f), unknown(0.5f)}, 10, 0);
  // Accepted are those strictly above: at 0.7 only 0.9; at 0.5 also 0.6, at FAR 1/4; at 0.2 also 0.5, at FAR 3/4.
  REQUIRE(result.detection.size() == 4);
  const double expected[4][2] = {{0, 0.25}, {0.25, 0.5}, {0.75, 0.75}, {1, 0.75}};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(result.detection[i].far == expected[i][0]);
    CHECK(result.detection[i].dir == expected[i][1]);
  }
  CHECK(result.detection[0].threshold == doctest::Approx(0.7));
  CHECK(result.detection[1].threshold == doctest::Approx(0.5));
  CHECK(result.dir_at_far_1e2 == 0.25);
  CHECK(result.dir_at_far_1e1 == 0.25);
  CHECK(result.cmc[0] == 0.75);
  CHECK(result.cmc[1] == 1);
  REQUIRE(result.distractors.size() == 1);
  CHECK(result.distractors[0].distractors == 0);
  CHECK(result.distractors[0].rank1 == 0.75);
}

TEST_CASE("detection: a false alarm rate of exactly 1 % and 10 % is allowed") {
  // 100 unknown probes at 0.00 .. 0.99; a known probe between each two of them.
  std::vector<ProbeMatch> strangers, friends;
  for (int i = 0; i < 100; ++i) {
    strangers.push_back(unknown(static_cast<float>(i) / 100));
    friends.push_back(known((static_cast<float>(i) + 0.5f) / 100, -1, 0));
  }
  const Identification result = identify(friends, strangers, 100, 0);
  CHECK(result.dir_at_far_1e2 == 0.02);  // above 0.98: 0.985 and 0.995, and the stranger at 0.99
  CHECK(result.dir_at_far_1e1 == 0.11);
  CHECK(result.detection.back().far == 1);
  CHECK(result.detection.back().dir == 1);
}

TEST_CASE("rank-1 falls as the distractors grow") {
  // 350 distractors; of four probes one has none before it, one the first, one the 100th, one another person.
  const Identification result = identify({known(0.9f, 0.3f, 0), known(0.6f, 0.7f, 0, 3, 0),
                                          known(0.8f, 0.9f, 0, 1, 99), known(0.5f, 0.9f, 2, 0, -1)},
                                         {unknown(0.1f)}, 360, 350);
  REQUIRE(result.distractors.size() == 4);
  const double expected[4][2] = {{0, 0.75}, {10, 0.5}, {100, 0.25}, {350, 0.25}};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(result.distractors[i].distractors == static_cast<std::int64_t>(expected[i][0]));
    CHECK(result.distractors[i].rank1 == expected[i][1]);
  }
  CHECK(result.cmc[0] == result.distractors.back().rank1);
  // With exactly 100, and 1: the last size is there once.
  CHECK(identify({known(1, 0, 0)}, {unknown(0)}, 101, 100).distractors.size() == 3);
  CHECK(identify({known(1, 0, 0)}, {unknown(0)}, 3, 1).distractors.size() == 2);
}

TEST_CASE("identify: without probes there is no rate") {
  CHECK_FAILS(identify({}, {unknown(0)}, 2, 0), "found 0 and 1");
  CHECK_FAILS(identify({known(1, 0, 0)}, {}, 2, 0), "found 1 and 0");
  CHECK_FAILS(identify({known(1, 0, 0)}, {unknown(0)}, 2, 2), "found 2 and 2");
}

TEST_CASE("identify_split: three known people, one unknown, two distractors by hand") {
  // Cosines in fifths. Known: person 7 looks along (5,0,0), 3 along (0,5,0), 5 along (0,0,5); photographs of the four lists.
  const IdentificationSplit split{.gallery = {{"", 7}, {"", 3}, {"", 5}},
                                  .probes = {{"", 7}, {"", 3}, {"", 5}, {"", 5}},
                                  .unknown = {{"", 1}, {"", 1}},
                                  .distractors = {{"", 2}, {"", 2}}};
  const std::vector<float> rows = {5,  0, 0,  0,  5,  0,  0, 0, 5,             // gallery
                                   4,  3, 0,  3,  4,  0,  4, 0, 3, -3, 0, -4,  // probes
                                   3,  0, 4,  -4, 0,  -3,                      // unknown
                                   -3, 0, -4, 0,  -4, 3};                      // distractors
  const Identification result = identify_split(split, Tensor::from(rows, {11, 3}), false);
  // Ranks in the gallery: the first two are right (0.8 over 0.6); (4,0,3) of 5 has 0.6 behind 7's 0.8: second;
  // (-3,0,-4) of 5 has -0.8 behind 7's -0.6 and 3's 0: third, and behind the first distractor, which is equal to the probe,
  // and the second, -0.48: fifth of five.
  const double cmc[5] = {0.5, 0.75, 0.75, 0.75, 1};
  REQUIRE(result.cmc.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(result.cmc[i] == cmc[i]);
  // Unknown: (3,0,4) resembles 5 by 0.8, (-4,0,-3) the first distractor by 0.96. Above 0.96 there is nobody, above 0.8
  // neither: the two that are right have 0.8 themselves.
  REQUIRE(result.detection.size() == 3);
  CHECK(result.detection[0].threshold == doctest::Approx(0.96));
  CHECK(result.detection[0].dir == 0);
  CHECK(result.detection[1].far == 0.5);
  CHECK(result.detection[2].dir == 0.5);
  REQUIRE(result.distractors.size() == 2);
  CHECK(result.distractors[1].distractors == 2);
  CHECK(result.distractors[1].rank1 == 0.5);
  CHECK_FAILS(identify_split(split, Tensor::from(rows, {11, 3}).slice(0, 10), false),
              "each of 11 photographs");
}

TEST_CASE("identify_split: the mean of the gallery is taken away where it is asked for") {
  // The gallery's mean is (11, 11, 11). The unknown (1, 1, 1) is then (-10, -10, -10), at right angles to everybody; as it is,
  // it resembles each by 33 / (sqrt(3) sqrt(369)).
  const IdentificationSplit split{
      .gallery = {{"", 0}, {"", 1}, {"", 2}}, .probes = {{"", 0}}, .unknown = {{"", 3}}, .distractors = {}};
  const Tensor rows =
      Tensor::from(std::vector<float>{13, 10, 10, 10, 13, 10, 10, 10, 13, 14, 11, 11, 1, 1, 1}, {5, 3});
  const double plain = identify_split(split, rows, false).detection[0].threshold;
  const double mean_free = identify_split(split, rows, true).detection[0].threshold;
  CHECK(plain == doctest::Approx(33 / std::sqrt(3 * 369.0)));
  CHECK(std::abs(mean_free) < 1e-6);
}

}  // namespace hypersphere::test
