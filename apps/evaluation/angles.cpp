#include "apps/evaluation/angles.h"

#include <algorithm>
#include <cmath>

#include "apps/evaluation/pair_angles.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

using Direction = std::vector<double>;  // of length 1, or 0 where there is none

double length(const Direction& v) {
  double square = 0;
  for (const double value : v) square += value * value;
  return std::sqrt(square);
}

void normalise(Direction& v) {
  const double norm = length(v);
  for (double& value : v) value = norm > 0 ? value / norm : 0;
}

std::vector<Direction> directions(std::span<const float> rows, std::int64_t dimension, const char* what) {
  std::vector<Direction> result;
  for (std::size_t begin = 0; begin < rows.size(); begin += static_cast<std::size_t>(dimension)) {
    const auto row = rows.subspan(begin, static_cast<std::size_t>(dimension));
    for (const float value : row)
      expect(std::isfinite(value), "angles: {} {} has a value that is not finite", what, result.size());
    result.emplace_back(row.begin(), row.end());
    normalise(result.back());
  }
  return result;
}

void check(const LabelledFeatures& input) {
  expect(input.dimension >= 1 && input.identities >= 2,
         "angles: expected features of a dimension at least and two identities or more, found {} and {}",
         input.dimension, input.identities);
  expect(input.features.size() == input.labels.size() * static_cast<std::size_t>(input.dimension) &&
             input.decides_mean.size() == input.labels.size(),
         "angles: {} values of {} dimensions do not fit {} labels and {} marks", input.features.size(),
         input.dimension, input.labels.size(), input.decides_mean.size());
  for (const std::int32_t label : input.labels)
    expect(label >= 0 && label < input.identities, "angles: label {} is outside of 0 to {}", label,
           input.identities - 1);
}

}  // namespace

FeatureAngles measure_angles(const LabelledFeatures& input) {
  check(input);
  const std::vector<Direction> all = directions(input.features, input.dimension, "photograph");
  std::vector<Direction> means(static_cast<std::size_t>(input.identities),
                               Direction(static_cast<std::size_t>(input.dimension)));
  for (std::size_t i = 0; i < all.size(); ++i)
    if (input.decides_mean[i])
      for (std::size_t d = 0; d < all[i].size(); ++d)
        means[static_cast<std::size_t>(input.labels[i])][d] += all[i][d];
  for (std::size_t identity = 0; identity < means.size(); ++identity) {
    expect(length(means[identity]) > 0, "angles: the features of identity {} have no mean direction",
           identity);
    normalise(means[identity]);
  }
  FeatureAngles angles;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto own = static_cast<std::size_t>(input.labels[i]);
    double nearest = 180;
    for (std::size_t other = 0; other < means.size(); ++other)
      if (other != own) nearest = std::min(nearest, angle_between(all[i], means[other]));
    angles.within.push_back(angle_between(all[i], means[own]));
    angles.between.push_back(nearest);
  }
  return angles;
}

double smallest_angle(std::span<const float> vectors, std::int64_t dimension) {
  expect(dimension >= 1 && vectors.size() % static_cast<std::size_t>(dimension) == 0 &&
             vectors.size() >= 2 * static_cast<std::size_t>(dimension),
         "angles: expected two vectors or more of {} values, found {} values", dimension, vectors.size());
  const std::vector<Direction> all = directions(vectors, dimension, "vector");
  double smallest = 180;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) smallest = std::min(smallest, angle_between(all[i], all[k]));
  return smallest;
}

}  // namespace hypersphere
