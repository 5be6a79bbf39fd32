#include "apps/evaluation/geometry.h"

#include <algorithm>

#include "apps/evaluation/pair_angles.h"
#include "kernels/a_softmax/a_softmax.h"
#include "kernels/cpu/parallel.h"

namespace hypersphere {
namespace {

using Labels = std::span<const std::int32_t>;

std::size_t label_of(Labels labels, std::int64_t photograph) {
  return static_cast<std::size_t>(labels[static_cast<std::size_t>(photograph)]);
}

void check(const Tensor& features, Labels labels, std::int32_t identities) {
  expect(!labels.empty(), "geometry: there are no photographs");
  expect(features.defined() && features.shape().rank() == 2 && features.shape()[0] == std::ssize(labels),
         "geometry: expected a row of features for each of {} labels, found {}", labels.size(),
         describe(features));
  for (std::size_t i = 0; i < labels.size(); ++i)
    expect(labels[i] >= 0 && labels[i] < identities,
           "geometry: photograph {} has the label {}, but there are {} identities", i, labels[i], identities);
}

void keep_larger(PhotographPair& kept, const PhotographPair& pair) {
  if (pair.first >= 0 && !(pair.degrees <= kept.degrees)) kept = pair;
}

void keep_smaller(PhotographPair& kept, const PhotographPair& pair) {
  if (pair.first >= 0 && !(pair.degrees >= kept.degrees)) kept = pair;
}

// What one photograph's angles to all others add.
struct Row {
  AngleDistribution within, between;  // to those after it, so that each pair counts once
  PhotographPair largest_within;      // the same
  PhotographPair smallest_between;    // among all
};

// Scratch of a thread: one row's angles, sorted into the two kinds.
struct Sorter {
  std::vector<float> within, between;

  Row operator()(Labels labels, std::int64_t photograph, const float* degrees) {
    within.clear();
    between.clear();
    Row row;
    const std::size_t own = label_of(labels, photograph);
    for (std::int64_t other = 0; other < std::ssize(labels); ++other) {
      const float angle = degrees[other];
      if (label_of(labels, other) == own) {
        if (other <= photograph) continue;
        within.push_back(angle);
        if (!(angle <= row.largest_within.degrees)) row.largest_within = {angle, photograph, other};
      } else {
        if (other > photograph) between.push_back(angle);
        if (!(angle >= row.smallest_between.degrees)) row.smallest_between = {angle, photograph, other};
      }
    }
    row.within.add(within);
    row.between.add(between);
    return row;
  }
};

void measure_pairs(const Tensor& features, Labels labels, const GeometryProgress& progress,
                   Geometry& result) {
  std::vector<Row> rows;
  for_each_angle_strip(features, features, [&](std::int64_t first, const Tensor& degrees) {
    const std::int64_t count = degrees.shape()[0], columns = degrees.shape()[1];
    rows.resize(static_cast<std::size_t>(count));
    cpu::parallel_each(count, [&] {
      return [&, sort = Sorter()](std::int64_t i) mutable {
        rows[static_cast<std::size_t>(i)] = sort(labels, first + i, degrees.data<float>() + i * columns);
      };
    });
    for (std::int64_t i = 0; i < count; ++i) {  // in order, so that sums do not depend on the threads
      const Row& row = rows[static_cast<std::size_t>(i)];
      IdentityGeometry& identity = result.identities[label_of(labels, first + i)];
      result.within.add(row.within);
      result.between.add(row.between);
      identity.within.add(row.within);
      keep_larger(identity.largest_within, row.largest_within);
      keep_smaller(identity.smallest_between, row.smallest_between);
    }
    if (progress) progress(first + count, std::ssize(labels));
  });
  // Rounding may differ between the two orders of a pair; the smallest of all is the smallest of some identity.
  for (const IdentityGeometry& identity : result.identities)
    result.between.min = std::min(result.between.min, identity.smallest_between.degrees);
}

// A photograph's feature at length 1, in double.
std::vector<double> widened(const Tensor& unit, std::int64_t photograph) {
  const Tensor row = unit.slice(photograph, 1);
  return {row.span<float>().begin(), row.span<float>().end()};
}

void measure_photographs(const Tensor& features, Labels labels, Geometry& result) {
  const std::int64_t count = features.shape()[0], size = features.shape()[1];
  const auto identities = std::ssize(result.identities);
  Tensor unit = Tensor::empty(features.shape()), length = Tensor::empty({count});
  normalise_rows(features, unit, length);
  std::vector<std::vector<double>> sums(result.identities.size(),
                                        std::vector<double>(static_cast<std::size_t>(size)));
  for (std::int64_t i = 0; i < count; ++i)
    std::ranges::transform(sums[label_of(labels, i)], widened(unit, i), sums[label_of(labels, i)].begin(),
                           std::plus<>());
  Tensor means = Tensor::empty({identities, size});  // of any length: only their directions are used
  for (std::int64_t k = 0; k < identities; ++k)
    std::ranges::transform(sums[static_cast<std::size_t>(k)], means.data<float>() + k * size,
                           [](double value) { return static_cast<float>(value); });

  for_each_angle_strip(unit, means, [&](std::int64_t first, const Tensor& degrees) {
    cpu::parallel_for(degrees.shape()[0], 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        PhotographGeometry& photograph = result.photographs[static_cast<std::size_t>(first + i)];
        const std::size_t own = label_of(labels, first + i);
        for (std::int32_t k = 0; k < identities; ++k) {
          const float angle = degrees.data<float>()[i * identities + k];
          const auto identity = static_cast<std::size_t>(k);
          if (identity == own || result.identities[identity].photographs == 0 || angle >= photograph.other)
            continue;
          photograph.other = angle;
          photograph.nearest = k;
        }
        if (result.identities[own].photographs < 2) continue;
        const std::vector<double> feature = widened(unit, first + i);
        std::vector<double> others = sums[own];
        std::ranges::transform(others, feature, others.begin(), std::minus<>());
        photograph.own = angle_between(feature, others);
      }
    });
  });
}

}  // namespace

std::int64_t Geometry::comparable() const {
  return std::ranges::count_if(identities, &IdentityGeometry::comparable);
}

std::int64_t Geometry::separated() const {
  return std::ranges::count_if(identities, &IdentityGeometry::separated);
}

std::int64_t Geometry::outliers() const {
  return std::ranges::count_if(photographs, &PhotographGeometry::outlier);
}

Geometry measure_geometry(const Tensor& features, Labels labels, std::int32_t identities,
                          const GeometryProgress& progress) {
  check(features, labels, identities);
  Geometry result;
  result.identities.resize(static_cast<std::size_t>(identities));
  result.photographs.resize(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    result.photographs[i].identity = labels[i];
    ++result.identities[static_cast<std::size_t>(labels[i])].photographs;
  }
  measure_pairs(features, labels, progress, result);
  measure_photographs(features, labels, result);
  return result;
}

}  // namespace hypersphere
