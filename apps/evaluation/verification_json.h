// A verification's figures as JSON, for the log of a run and for `evaluate --json`.
#pragma once

#include <nlohmann/json.hpp>

#include "apps/evaluation/verification.h"

namespace hypersphere {

/// accuracy, deviation, tuned_on_test, auc, eer, tpr_at_fpr_1e-2, tpr_at_fpr_1e-3, best_threshold_accuracy,
/// best_threshold; all rates in [0, 1].
nlohmann::json to_json(const Verification& result);

}  // namespace hypersphere
