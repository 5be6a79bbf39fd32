#include "apps/evaluation/angle_distribution.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace hypersphere {

namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
}

double AngleDistribution::deviation() const {
  return count > 0 ? std::sqrt(squares / static_cast<double>(count)) : nan;
}

void AngleDistribution::add(std::span<const float> degrees) {
  if (degrees.empty()) return;
  AngleDistribution some;
  some.count = std::ssize(degrees);
  double sum = 0;
  for (const float angle : degrees) {
    const double value = angle;
    sum += value;
    some.min = std::min(some.min, value);
    some.max = std::max(some.max, value);
    ++some.histogram[static_cast<std::size_t>(std::clamp(static_cast<int>(angle), 0, bins - 1))];
  }
  some.mean = sum / static_cast<double>(some.count);
  for (const float angle : degrees) some.squares += (angle - some.mean) * (angle - some.mean);
  add(some);
}

void AngleDistribution::add(const AngleDistribution& other) {
  if (other.count == 0) return;
  const double mine = static_cast<double>(count), theirs = static_cast<double>(other.count);
  const double apart = other.mean - mean;
  squares += other.squares + (mine > 0 ? apart * apart * mine * theirs / (mine + theirs) : 0);
  mean = mine > 0 ? mean + apart * theirs / (mine + theirs) : other.mean;
  count += other.count;
  min = std::min(min, other.min);
  max = std::max(max, other.max);
  std::ranges::transform(histogram, other.histogram, histogram.begin(), std::plus<>());
}

double fisher_ratio(const AngleDistribution& a, const AngleDistribution& b) {
  const double spread = std::pow(a.deviation(), 2) + std::pow(b.deviation(), 2);
  return spread > 0 ? std::pow(a.mean - b.mean, 2) / spread : nan;
}

double overlap(const AngleDistribution& a, const AngleDistribution& b) {
  if (a.count == 0 || b.count == 0) return nan;
  double shared = 0;
  for (std::size_t bin = 0; bin < a.histogram.size(); ++bin)
    shared += std::min(static_cast<double>(a.histogram[bin]) / static_cast<double>(a.count),
                       static_cast<double>(b.histogram[bin]) / static_cast<double>(b.count));
  return shared;
}

}  // namespace hypersphere
