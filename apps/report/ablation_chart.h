// An ablation as pictures.
#pragma once

#include <vector>

#include "apps/report/ablation_result.h"
#include "apps/report/plot.h"

namespace hypersphere {

/// Verification accuracy in percent, mean over the seeds with bars of the sample standard deviation, a line for each
/// network: over the margins of the A-Softmax, and left of them, as points, the heads that have none. The legend says how
/// many seeds the points stand for. Throws Error for no rows.
Panel accuracy_by_margin(const std::vector<AblationRow>& rows);

/// The same over the depths, a line for each head and margin. Throws Error for no rows.
Panel accuracy_by_depth(const std::vector<AblationRow>& rows);

}  // namespace hypersphere
