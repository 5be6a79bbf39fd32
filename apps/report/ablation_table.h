// An ablation as tables and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "apps/report/ablation_result.h"
#include "apps/report/table.h"

namespace hypersphere {

/// For people: a row for each depth, head and margin; rates in percent, "mean ± sample standard deviation" over the seeds
/// that came to their end (without a deviation where that is one), how many these are of how many, and each seed's
/// accuracy, "diverged", or "-" for a cell that is still to be trained. Final loss and iterations are means.
Table ablation_table(const std::vector<AblationRow>& rows);

/// For programs: net, head, margin (empty for a head that has none), seeds, finished, diverged, then mean and deviation
/// over the finished ones of accuracy, best_threshold_accuracy, auc, tpr_at_fpr_1e-2 and loss, the means of raw_pixels and
/// iterations, and accuracy_seed_N for each seed of any row. Rates are in [0, 1], numbers as long as they must be to be
/// read back exactly; what is not defined is empty, the accuracy of a diverged cell is "diverged".
Table ablation_csv(const std::vector<AblationRow>& rows);

/// What holds for the whole table, as sentences: what the figures are, the baseline's accuracy, and where they flatter.
std::string ablation_notes(const std::vector<AblationRow>& rows);

/// diverged, iterations, seconds, and for a run that came to its end loss, accuracy, best_threshold_accuracy, auc,
/// tpr_at_fpr_1e-2, raw_pixels, tuned_on_test; for a diverged one its message as divergence.
nlohmann::json to_json(const AblationResult& result);
/// The reverse. Throws Error naming the key that is missing or of another type.
AblationResult ablation_result(const nlohmann::json& json);
/// net, head, margin (where there is one), seed.
nlohmann::json to_json(const AblationCell& cell);
/// Both in one object; of a cell that is still to be trained the first alone.
nlohmann::json to_json(const AblationOutcome& outcome);

}  // namespace hypersphere
