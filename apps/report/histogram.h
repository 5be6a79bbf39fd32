// Histograms over one axis, to compare.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/report/plot.h"

namespace hypersphere {

/// Counts of values in bins of equal width, the first of which starts at `low`.
struct Histogram {
  std::string name;
  double low = 0, width = 1;
  std::vector<std::int64_t> counts;
};

/// The histograms as filled steps, each scaled to an area of 1: sets of a hundred and of a million values stand
/// beside each other. A histogram without any value keeps its place in the legend. Throws Error for a negative count
/// or a width that is not positive.
Panel histogram_panel(std::string title, std::string x_label, std::string y_label,
                      const std::vector<Histogram>& histograms);

}  // namespace hypersphere
