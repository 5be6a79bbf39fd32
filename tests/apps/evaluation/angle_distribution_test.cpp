#include "apps/evaluation/angle_distribution.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/support.h"

namespace hypersphere {
namespace {

using doctest::Approx;

AngleDistribution of(const std::vector<float>& degrees) {
  AngleDistribution distribution;
  distribution.add(degrees);
  return distribution;
}

TEST_CASE("AngleDistribution: hand-worked") {
  const AngleDistribution some = of({10, 20.5f, 180, 10.9f, 0});
  CHECK(some.count == 5);
  CHECK(some.mean == Approx(44.28));
  // 34.28^2 + 23.78^2 + 135.72^2 + 33.38^2 + 44.28^2 = 23235.468
  CHECK(some.squares == Approx(23235.468).epsilon(1e-6));
  CHECK(some.deviation() == Approx(std::sqrt(23235.468 / 5)).epsilon(1e-6));
  CHECK(some.min == 0);
  CHECK(some.max == 180);
  CHECK(some.histogram[0] == 1);
  CHECK(some.histogram[10] == 2);
  CHECK(some.histogram[20] == 1);
  CHECK(some.histogram[179] == 1);
  CHECK(std::accumulate(some.histogram.begin(), some.histogram.end(), std::int64_t{0}) == 5);
  CHECK(std::isnan(AngleDistribution().deviation()));
}

TEST_CASE("AngleDistribution: in parts as at once") {
  const Tensor values = test::random_tensor({1000}, 20);
  std::vector<float> degrees;
  for (const float value : values.span<float>()) degrees.push_back(std::clamp(90 + value, 0.0f, 180.0f));
  const AngleDistribution whole = of(degrees);
  AngleDistribution parts;
  for (std::size_t first = 0, size = 0; first < degrees.size(); first += size, size = size * 2 + 1)
    parts.add(std::span(degrees).subspan(first, std::min(size, degrees.size() - first)));
  parts.add(AngleDistribution());
  CHECK(parts.count == whole.count);
  CHECK(parts.mean == Approx(whole.mean).epsilon(1e-12));
  CHECK(parts.squares == Approx(whole.squares).epsilon(1e-12));
  CHECK(parts.min == whole.min);
  CHECK(parts.max == whole.max);
  CHECK(parts.histogram == whole.histogram);

  AngleDistribution equal;
  for (int i = 0; i < 100; ++i) equal.add(std::vector<float>(static_cast<std::size_t>(i), 1.1f));
  CHECK(equal.deviation() == 0);
}

TEST_CASE("fisher_ratio and overlap: hand-worked, and what is undefined") {
  const AngleDistribution a = of({10, 20}), b = of({50, 50, 60, 60});  // deviations 5 and 5
  CHECK(fisher_ratio(a, b) == Approx(40.0 * 40 / 50));
  CHECK(fisher_ratio(b, a) == fisher_ratio(a, b));
  CHECK(overlap(a, b) == 0);
  CHECK(overlap(b, b) == 1);
  CHECK(overlap(of({10, 20}), of({20.5f, 30, 40, 50})) == Approx(0.25));
  CHECK(std::isnan(fisher_ratio(a, AngleDistribution())));
  CHECK(std::isnan(fisher_ratio(of({10}), of({20}))));
  CHECK(std::isnan(overlap(AngleDistribution(), a)));
}

}  // namespace
}  // namespace hypersphere
