// How a set of angles is distributed, and how far two sets are apart.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>

namespace hypersphere {

/// Of angles in degrees, which are not kept: there are too many pairs for that.
struct AngleDistribution {
  static constexpr int bins = 180;  ///< of one degree; the last one includes 180

  std::int64_t count = 0;
  double mean = 0;
  double squares = 0;  ///< sum of (angle - mean)^2
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  std::array<std::int64_t, bins> histogram{};

  /// The standard deviation sqrt(squares / count): the pairs are all there are, not a sample. NaN for none.
  double deviation() const;
  void add(std::span<const float> degrees);
  /// Adds what another distribution holds: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm
  /// for computing sample variances", 1979, equation 2.1.
  void add(const AngleDistribution& other);
};

/// Fisher's discriminant ratio of two sets of angles, (mean_a - mean_b)^2 / (deviation_a^2 + deviation_b^2)
/// (Theodoridis and Koutroumbas, "Pattern Recognition", chapter 5, FDR): 0 for equal means, larger the better
/// a threshold tells them apart. NaN where one is empty or neither varies.
double fisher_ratio(const AngleDistribution& a, const AngleDistribution& b);

/// The area that two histograms share when each has area 1: sum over the bins of the smaller share, 0 for
/// sets that are apart, 1 for equal histograms. NaN where one is empty.
double overlap(const AngleDistribution& a, const AngleDistribution& b);

}  // namespace hypersphere
