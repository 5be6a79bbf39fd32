// The pictures of identification.
#pragma once

#include <vector>

#include "apps/report/plot.h"

namespace hypersphere {

/// Cumulative match characteristic: `curves` with ranks 1, 2, ... as x and the share of probes of that rank or better as
/// y, and what guessing among `candidates` reaches, dashed. Throws Error for no curve or one without points.
Panel cmc_panel(std::vector<Series> curves, double candidates);

/// Rank-1 over the number of distractors, logarithmic; none, which has no place on such an axis, is drawn at 1, the left edge.
/// Throws Error as cmc_panel.
Panel distractor_panel(std::vector<Series> curves);

/// Detection and identification rate over the false alarm rate, logarithmic from half of the smallest positive rate, 1e-4
/// at least; what lies left of it is drawn at the edge. Throws Error as cmc_panel.
Panel detection_panel(std::vector<Series> curves);

}  // namespace hypersphere
