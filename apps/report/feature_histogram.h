// Histograms of angles: within identities and to the nearest other one, trained on above the axis and held out
// below it.
#pragma once

#include <vector>

#include "apps/report/feature_style.h"
#include "apps/report/svg.h"

namespace hypersphere {

/// Angles of photographs, in degrees.
struct AngleSamples {
  std::vector<double> within, between;                    ///< of those trained on
  std::vector<double> within_held_out, between_held_out;  ///< may be empty
};

/// The scale that several histograms share.
struct AngleScale {
  double largest = 180;         ///< degrees at the right end: a multiple of 30
  double above = 1, below = 0;  ///< shares of the photographs at the upper and at the lower end
  bool beyond = false;          ///< whether angles beyond the right end are counted in the last bin
};

/// Shares of the values by bins [0, 3), [3, 6), ... degrees; what is beyond scale.largest is in the last bin. All 0
/// for no value.
std::vector<double> bin_shares(const std::vector<double>& values, const AngleScale& scale);

/// The scale that shows all that were trained on and all but one in twenty of those held out.
AngleScale common_scale(const std::vector<AngleSamples>& samples);

/// One histogram with its axis, means and the marks below; `first`: with the shares at the left.
void draw_histogram(Svg& svg, const Frame& frame, const AngleSamples& samples, const AngleScale& scale,
                    bool first);

}  // namespace hypersphere
