#include "apps/evaluation/probe_matches.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/kernels/checks.h"

namespace hypersphere::test {
namespace {

// Rows of whole numbers.
Tensor rows(const std::vector<std::vector<float>>& values) {
  std::vector<float> all;
  for (const auto& row : values) all.insert(all.end(), row.begin(), row.end());
  return Tensor::from(all, {std::ssize(values), std::ssize(values[0])});
}

double cosine(const Tensor& a, std::int64_t i, const Tensor& b, std::int64_t j,
              const std::vector<double>& mean) {
  const std::int64_t dim = std::ssize(mean);
  double ab = 0, aa = 0, bb = 0;
  for (std::int64_t k = 0; k < dim; ++k) {
    const double m = mean[static_cast<std::size_t>(k)];
    const double x = static_cast<double>(a.data<float>()[i * dim + k]) - m,
                 y = static_cast<double>(b.data<float>()[j * dim + k]) - m;
    ab += x * y, aa += x * x, bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

}  // namespace

TEST_CASE("match_probes: a gallery of three people by hand") {
  // Lengths are 5, so that all cosines are fifths. People 0, 1, 4; 1 has two photographs.
  const MatchInput input{.probes = rows({{5, 0}, {3, 4}, {0, 5}, {-5, 0}}),
                         .gallery = rows({{4, 3}, {0, -5}, {3, 4}, {-3, 4}}),
                         .distractors = rows({{0, 5}, {-4, 3}, {5, 0}}),
                         .probe_people = {0, 1, 4, -1},
                         .gallery_people = {0, 1, 1, 4}};
  const std::vector<ProbeMatch> found = match_probes(input);
  REQUIRE(found.size() == 4);
  // (5,0) of person 0: own 0.8; person 1 has max(0, 0.6), person 4 -0.6; distractors 0, -0.8, 1: the third is before.
  CHECK(found[0].own == doctest::Approx(0.8));
  CHECK(found[0].other == doctest::Approx(1));
  CHECK(found[0].people_before == 0);
  CHECK(found[0].distractors_before == 1);
  CHECK(found[0].first_distractor == 2);
  CHECK(found[0].rank() == 2);
  // (3,4) of person 1: own max(-0.8, 1); person 0 (12 + 12) / 25, person 4 (-9 + 16) / 25; distractors 0.8, 0, 0.6.
  CHECK(found[1].own == doctest::Approx(1));
  CHECK(found[1].other == doctest::Approx(0.96));
  CHECK(found[1].rank() == 1);
  CHECK(found[1].first_distractor == -1);
  // (0,5) of person 4: own 0.8; person 0 0.6; person 1 max(-1, 0.8), a tie of equal products that counts against;
  // distractors 1, 0.6, 0.
  CHECK(found[2].own == doctest::Approx(0.8));
  CHECK(found[2].people_before == 1);
  CHECK(found[2].distractors_before == 1);
  CHECK(found[2].first_distractor == 0);
  CHECK(found[2].rank() == 3);
  // (-5,0) of nobody: person 4 0.6, the second distractor 0.8.
  CHECK(found[3].own == ProbeMatch::nobody);
  CHECK(found[3].other == doctest::Approx(0.8));
}

TEST_CASE("match_probes: the same photograph under two names is a tie, and counts against the probe") {
  const Tensor face = random_tensor({1, 37});
  std::vector<float> twice(face.span<float>().begin(), face.span<float>().end());
  twice.insert(twice.end(), face.span<float>().begin(), face.span<float>().end());
  const auto found = match_probes({.probes = face,
                                   .gallery = Tensor::from(twice, {2, 37}),
                                   .distractors = face,
                                   .probe_people = {1},
                                   .gallery_people = {0, 1}});
  CHECK(found[0].people_before == 1);
  CHECK(found[0].distractors_before == 1);
  CHECK(found[0].first_distractor == 0);
  CHECK(found[0].rank() == 3);
}

TEST_CASE("match_probes: equals counting one by one, over several blocks, with and without a mean") {
  constexpr std::int64_t probes = 259, gallery = 520, distractors = 530, dim = 5, people = 90;
  Random random(test_seed(), random_stream(RandomUse::test, 3100));
  for (const bool mean_free : {false, true}) {
    CAPTURE(mean_free);
    MatchInput input{.probes = random_tensor({probes, dim}),
                     .gallery = random_tensor({gallery, dim}),
                     .distractors = random_tensor({distractors, dim}),
                     .probe_people = {},
                     .gallery_people = {}};
    for (std::int64_t i = 0; i < gallery; ++i)
      input.gallery_people.push_back(static_cast<std::int32_t>(i < people ? i : random.below(people)));
    for (std::int64_t i = 0; i < probes; ++i)
      input.probe_people.push_back(static_cast<std::int32_t>(random.below(people + 10)) - 10 < 0
                                       ? -1
                                       : static_cast<std::int32_t>(random.below(people)));
    std::vector<double> mean(dim);
    if (mean_free) {
      input.mean = mean_row(input.gallery);
      for (std::size_t k = 0; k < dim; ++k) mean[k] = static_cast<double>(input.mean.data<float>()[k]);
    }
    const std::vector<ProbeMatch> found = match_probes(input);
    for (std::int64_t p = 0; p < probes; ++p) {
      CAPTURE(p);
      const ProbeMatch& match = found[static_cast<std::size_t>(p)];
      const std::int32_t own = input.probe_people[static_cast<std::size_t>(p)];
      std::vector<double> best(people, -2);
      for (std::int64_t g = 0; g < gallery; ++g) {
        double& value = best[static_cast<std::size_t>(input.gallery_people[static_cast<std::size_t>(g)])];
        value = std::max(value, cosine(input.probes, p, input.gallery, g, mean));
      }
      // Similarities that float rounding cannot tell apart may fall either way; counted both ways.
      constexpr double close = 1e-5;
      const double self = own < 0 ? -2 : best[static_cast<std::size_t>(own)];
      double other = -2;
      std::int64_t surely = 0, perhaps = 0;
      for (std::int32_t person = 0; person < people; ++person) {
        if (person == own) continue;
        const double value = best[static_cast<std::size_t>(person)];
        other = std::max(other, value);
        surely += value > self + close;
        perhaps += value > self - close;
      }
      std::int64_t surely_distracting = 0, perhaps_distracting = 0, first_surely = distractors,
                   first_perhaps = distractors;
      for (std::int64_t d = 0; d < distractors; ++d) {
        const double value = cosine(input.probes, p, input.distractors, d, mean);
        other = std::max(other, value);
        if (value > self + close && surely_distracting++ == 0) first_surely = d;
        if (value > self - close && perhaps_distracting++ == 0) first_perhaps = d;
      }
      CHECK(static_cast<double>(match.other) == doctest::Approx(other).epsilon(1e-5));
      if (own < 0) {
        CHECK(match.own == ProbeMatch::nobody);
        continue;
      }
      CHECK(std::abs(static_cast<double>(match.own) - self) < close);
      CHECK(match.people_before >= surely);
      CHECK(match.people_before <= perhaps);
      CHECK(match.distractors_before >= surely_distracting);
      CHECK(match.distractors_before <= perhaps_distracting);
      const std::int64_t first = match.first_distractor < 0 ? distractors : match.first_distractor;
      CHECK(first <= first_surely);
      CHECK(first >= first_perhaps);
    }
  }
}

TEST_CASE("match_probes: pixels are rows of numbers, of whatever shape") {
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 4 * 12; ++i) bytes.push_back(static_cast<std::uint8_t>((i * 37) % 256));
  const Tensor pixels = Tensor::from(bytes, {4, 2, 2, 3});
  const Tensor numbers = Tensor::from(std::vector<float>(bytes.begin(), bytes.end()), {4, 12});
  const auto match = [](const Tensor& all) {
    return match_probes({.probes = all.slice(0, 2),
                         .gallery = all.slice(2, 2),
                         .probe_people = {0, 1},
                         .gallery_people = {1, 0},
                         .mean = mean_row(all)});
  };
  const auto of_pixels = match(pixels), of_numbers = match(numbers);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(of_pixels[i].own == of_numbers[i].own);
    CHECK(of_pixels[i].other == of_numbers[i].other);
  }
  CHECK(mean_row(pixels).data<float>()[0] ==
        doctest::Approx((bytes[0] + bytes[12] + bytes[24] + bytes[36]) / 4.0));
}

TEST_CASE("match_probes: the same bits on any number of threads") {
  const Tensor probes = random_tensor({300, 64}), gallery = random_tensor({700, 64});
  std::vector<std::int32_t> who(300, -1), people;
  for (std::int32_t i = 0; i < 700; ++i) people.push_back(i);
  check_thread_counts([&] {
    std::vector<float> best;
    for (const ProbeMatch& match :
         match_probes({.probes = probes, .gallery = gallery, .probe_people = who, .gallery_people = people}))
      best.push_back(match.other);
    return std::vector<Tensor>{Tensor::from(best, {300})};
  });
}

TEST_CASE("match_probes: unusable input is named") {
  const Tensor two = rows({{1, 0}, {0, 1}});
  CHECK_FAILS(match_probes({.probes = two, .gallery = two, .probe_people = {0, 2}, .gallery_people = {0, 1}}),
              "probe 1 shows person 2, who is not in the gallery");
  CHECK_FAILS(match_probes({.probes = two, .gallery = two, .probe_people = {0, 1}, .gallery_people = {0, 2}}),
              "probe 1 shows person 1");
  CHECK_FAILS(match_probes({.probes = two, .gallery = two, .probe_people = {0}, .gallery_people = {0, 1}}),
              "found 1 and 2");
  CHECK_FAILS(
      match_probes({.probes = two, .gallery = two, .probe_people = {0, 1}, .gallery_people = {0, -1}}),
      "found -1");
  CHECK_FAILS(
      match_probes(
          {.probes = rows({{1, 0, 0}}), .gallery = two, .probe_people = {0}, .gallery_people = {0, 1}}),
      "rows of 2");
  CHECK_FAILS(
      match_probes({.probes = two, .gallery = two.slice(0, 0), .probe_people = {0, 1}, .gallery_people = {}}),
      "empty");
  const Tensor broken = rows({{1, 0}, {0, std::nanf("")}});
  CHECK_FAILS(
      match_probes({.probes = two, .gallery = broken, .probe_people = {0, 1}, .gallery_people = {0, 1}}),
      "row 1 of gallery is not finite");
  CHECK_FAILS(mean_row(two.slice(0, 0)), "no rows");
}

}  // namespace hypersphere::test
