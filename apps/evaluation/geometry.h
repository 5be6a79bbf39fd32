// How photographs of identities lie on the hypersphere: angles within and between identities, and whether the
// features fulfil what the A-Softmax is for.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "apps/evaluation/angle_distribution.h"
#include "tensor/tensor.h"

namespace hypersphere {

/// The angle between two photographs, which are rows of the features; NaN and -1 where there are none.
struct PhotographPair {
  double degrees = std::numeric_limits<double>::quiet_NaN();
  std::int64_t first = -1, second = -1;
};

struct IdentityGeometry {
  std::int64_t photographs = 0;
  AngleDistribution within;         ///< over its pairs of photographs
  PhotographPair largest_within;    ///< first < second
  PhotographPair smallest_between;  ///< `first` is its own, `second` another identity's

  /// Whether it can be asked for the criterion: it has two photographs, and there is another identity.
  bool comparable() const { return largest_within.first >= 0 && smallest_between.first >= 0; }
  /// The criterion of SphereFace (Liu et al., arXiv 1704.08063, section 3.3), asked of one identity: its
  /// largest angle within is smaller than its smallest angle to any other identity's photograph.
  bool separated() const { return largest_within.degrees < smallest_between.degrees; }
};

struct PhotographGeometry {
  std::int32_t identity = -1;  ///< its label
  /// Angle to the mean direction of its identity's other photographs (the mean of their features at length
  /// 1), so that no photograph vouches for itself; NaN where there are none.
  double own = std::numeric_limits<double>::quiet_NaN();
  /// Angle to the nearest mean direction of another identity, and that identity; NaN and -1 where there is none.
  double other = std::numeric_limits<double>::quiet_NaN();
  std::int32_t nearest = -1;

  /// Nearer to another identity than to its own: a wrong label, a bad photograph or a bad model.
  bool outlier() const { return own > other; }
};

struct Geometry {
  AngleDistribution within, between;  ///< over all pairs of one identity, of different ones
  std::vector<IdentityGeometry> identities;
  std::vector<PhotographGeometry> photographs;

  double fisher() const { return fisher_ratio(within, between); }
  double shared() const { return overlap(within, between); }
  std::int64_t comparable() const;  ///< identities
  std::int64_t separated() const;   ///< of those
  std::int64_t outliers() const;    ///< photographs
  /// The criterion for all identities at once, as the paper has it: the largest angle within any is smaller
  /// than the smallest between any two.
  bool holds() const { return within.count > 0 && between.count > 0 && within.max < between.min; }
};

/// Told how many of how many photographs are done.
using GeometryProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// The geometry of `features` (f32 [photographs, numbers] on the cpu), of any length; `labels` are the
/// photographs' identities, in [0, identities). An identity with one photograph counts between only. Angles
/// are those of for_each_angle_strip; the result does not depend on the number of threads. Throws Error where
/// sizes disagree, a label is out of range, or a feature is not finite.
Geometry measure_geometry(const Tensor& features, std::span<const std::int32_t> labels,
                          std::int32_t identities, const GeometryProgress& progress = {});

}  // namespace hypersphere
