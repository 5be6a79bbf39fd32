#include "apps/evaluation/angles.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "tests/apps/data/scratch.h"
#include "tests/support.h"

using namespace hypersphere;

namespace {

constexpr double degree = std::numbers::pi / 180;

// Features in the plane from polar coordinates.
std::vector<float> polar(const std::vector<std::pair<double, double>>& angle_and_length) {
  std::vector<float> values;
  for (const auto& [angle, length] : angle_and_length) {
    values.push_back(static_cast<float>(length * std::cos(angle * degree)));
    values.push_back(static_cast<float>(length * std::sin(angle * degree)));
  }
  return values;
}

void check_angles(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

}  // namespace

TEST_CASE("angles: to the own mean direction and to the nearest other one, whatever the features' lengths") {
  // Means at 0, 90 and 200 degrees.
  const std::vector<float> features = polar({{10, 1}, {-10, 50}, {70, 3}, {110, 0.2}, {200, 7}, {200, 1e-3}});
  const std::vector<std::int32_t> labels = {0, 0, 1, 1, 2, 2};
  const FeatureAngles angles = measure_angles({.features = features,
                                               .dimension = 2,
                                               .labels = labels,
                                               .identities = 3,
                                               .decides_mean = std::vector<bool>(6, true)});
  check_angles(angles.within, {10, 10, 20, 20, 0, 0});
  check_angles(angles.between, {80, 100, 70, 90, 110, 110});
}

TEST_CASE("angles: photographs that do not decide the mean are measured against the others'") {
  const std::vector<float> features = polar({{0, 1}, {40, 1}, {180, 1}, {120, 1}});
  const std::vector<std::int32_t> labels = {0, 0, 1, 1};
  const FeatureAngles angles = measure_angles({.features = features,
                                               .dimension = 2,
                                               .labels = labels,
                                               .identities = 2,
                                               .decides_mean = {true, false, true, false}});
  check_angles(angles.within, {0, 40, 0, 60});
  check_angles(angles.between, {180, 140, 180, 120});
}

TEST_CASE("angles: as the arc cosine has them, in three dimensions") {
  constexpr std::int64_t count = 60, identities = 4;
  const Tensor features = test::random_tensor({count, 3});
  std::vector<std::int32_t> labels;
  for (std::int32_t i = 0; i < count; ++i) labels.push_back(i % static_cast<std::int32_t>(identities));
  const auto values = features.span<float>();
  const auto coordinate = [&](std::int64_t i, std::int64_t d) {
    double square = 0;
    for (std::int64_t k = 0; k < 3; ++k) square += std::pow(values[static_cast<std::size_t>(3 * i + k)], 2);
    return values[static_cast<std::size_t>(3 * i + d)] / std::sqrt(square);
  };
  double mean[identities][3] = {};
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t d = 0; d < 3; ++d) mean[i % identities][d] += coordinate(i, d);
  std::vector<double> within, between;
  for (std::int64_t i = 0; i < count; ++i) {
    double nearest = 180;
    for (std::int64_t k = 0; k < identities; ++k) {
      const auto& m = mean[k];
      double product = 0;
      for (std::int64_t d = 0; d < 3; ++d) product += m[d] * coordinate(i, d);
      const double angle = std::acos(product / std::hypot(m[0], m[1], m[2])) / degree;
      if (k == i % identities)
        within.push_back(angle);
      else
        nearest = std::min(nearest, angle);
    }
    between.push_back(nearest);
  }
  const FeatureAngles angles = measure_angles({.features = values,
                                               .dimension = 3,
                                               .labels = labels,
                                               .identities = identities,
                                               .decides_mean = std::vector<bool>(count, true)});
  CHECK(test::relative_error(angles.within, within) < 1e-9);
  CHECK(test::relative_error(angles.between, between) < 1e-9);
}

TEST_CASE("angles: of a feature of length 0") {
  const std::vector<float> features = {0, 0, 1, 0, 0, 1};
  const std::vector<std::int32_t> labels = {0, 0, 1};
  const FeatureAngles angles = measure_angles({.features = features,
                                               .dimension = 2,
                                               .labels = labels,
                                               .identities = 2,
                                               .decides_mean = {true, true, true}});
  check_angles(angles.within, {90, 0, 0});
  check_angles(angles.between, {90, 90, 90});
}

TEST_CASE("smallest angle: also where a cosine of float would be 1") {
  CHECK(smallest_angle(polar({{0, 1}, {50, 2}, {170, 3}}), 2) == doctest::Approx(50).epsilon(1e-5));
  CHECK(smallest_angle(polar({{0, 1}, {180, 2}}), 2) == doctest::Approx(180));
  const std::vector<float> close = {1, 0, 1, 1e-9f};
  CHECK(smallest_angle(close, 2) == doctest::Approx(1e-9 / degree).epsilon(1e-5));
  const std::vector<float> zero = {1, 0, 0, 0};
  CHECK(smallest_angle(zero, 2) == 90);
}

TEST_CASE("angles: what is refused") {
  const std::vector<float> features = {1, 0, 0, 1};
  const std::vector<std::int32_t> labels = {0, 1};
  const LabelledFeatures good{
      .features = features, .dimension = 2, .labels = labels, .identities = 2, .decides_mean = {true, true}};
  const auto message = [](const LabelledFeatures& input) {
    return test::error_of([&] { measure_angles(input); });
  };
  CHECK(message(good).empty());
  LabelledFeatures bad = good;
  bad.identities = 1;
  CHECK(test::holds(message(bad), "two identities"));
  bad = good;
  bad.dimension = 3;
  CHECK(test::holds(message(bad), "do not fit", "3 dimensions"));
  bad = good;
  bad.decides_mean = {true, false};
  CHECK(test::holds(message(bad), "identity 1", "no mean direction"));
  const std::vector<std::int32_t> outside = {0, 2};
  bad = good;
  bad.labels = outside;
  CHECK(test::holds(message(bad), "label 2", "0 to 1"));
  const std::vector<float> infinite = {1, 0, std::numeric_limits<float>::infinity(), 1};
  bad = good;
  bad.features = infinite;
  CHECK(test::holds(message(bad), "photograph 1", "not finite"));
  CHECK(test::holds(test::error_of([&] { smallest_angle(infinite, 2); }), "vector 1", "not finite"));
  CHECK(test::holds(test::error_of([&] { smallest_angle(std::vector<float>{1, 0}, 2); }), "two vectors"));
  CHECK(test::holds(test::error_of([&] { smallest_angle(features, 3); }), "found 4 values"));
}
