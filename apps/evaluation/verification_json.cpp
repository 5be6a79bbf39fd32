#include "apps/evaluation/verification_json.h"

namespace hypersphere {

nlohmann::json to_json(const Verification& result) {
  return {{"accuracy", result.mean},
          {"deviation", result.deviation},
          {"tuned_on_test", result.tuned_on_test},
          {"auc", result.auc},
          {"eer", result.eer},
          {"tpr_at_fpr_1e-2", result.tpr_at_fpr_1e2},
          {"tpr_at_fpr_1e-3", result.tpr_at_fpr_1e3},
          {"best_threshold_accuracy", result.best_threshold_accuracy},
          {"best_threshold", result.best_threshold}};
}

}  // namespace hypersphere
