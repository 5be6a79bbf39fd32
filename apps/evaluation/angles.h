// How tight the features of one identity lie and how far away the next identity is, in degrees: mean directions
// decided by some photographs, all measured against them. (geometry.h measures all pairs, and no photograph against
// itself.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hypersphere {

/// Features with what is known of them.
struct LabelledFeatures {
  std::span<const float> features;  ///< row-major [photographs, dimension]
  std::int64_t dimension = 0;
  std::span<const std::int32_t> labels;  ///< one a photograph, in [0, identities)
  std::int64_t identities = 0;
  std::vector<bool> decides_mean;  ///< one a photograph: whether it counts for its identity's mean direction
};

/// One angle a photograph, in degrees. An identity's mean direction is that of the sum of its features, each of
/// length 1, as in spherical statistics (Mardia and Jupp, "Directional Statistics", 2000, section 9.2.1).
struct FeatureAngles {
  std::vector<double> within;   ///< to the mean direction of the photograph's own identity
  std::vector<double> between;  ///< to the nearest mean direction of another identity
};

/// The angles, in [0, 180]. A feature of length 0 has none: it counts as 90 degrees off everything and for no mean.
/// Throws Error where the sizes disagree, for fewer than two identities, a label out of range, a feature that is
/// not finite, or an identity whose mean no photograph decides.
FeatureAngles measure_angles(const LabelledFeatures& input);

/// The smallest angle between two of the rows of `vectors`, row-major [rows, dimension], in degrees; 90 to a row of
/// zeros. Throws Error for fewer than two rows or a value that is not finite.
double smallest_angle(std::span<const float> vectors, std::int64_t dimension);

}  // namespace hypersphere
