// A small ablation with figures that can be computed by hand.
#pragma once

#include "apps/report/ablation_result.h"

namespace hypersphere::test {

inline AblationOutcome finished(AblationCell cell, double accuracy, std::int64_t iterations = 100) {
  return {cell, AblationResult{.iterations = iterations,
                               .seconds = 60,
                               .loss = 10 * accuracy,
                               .accuracy = accuracy,
                               .best_threshold_accuracy = accuracy + 0.01,
                               .auc = accuracy + 0.02,
                               .tpr_at_fpr_1e2 = accuracy - 0.5,
                               .raw_pixels = 0.625}};
}

inline AblationOutcome diverged(AblationCell cell) {
  return {cell,
          AblationResult{.divergence = "iteration 7: the loss is not finite", .iterations = 6, .seconds = 2}};
}

inline const AblationCell softmax_1{10, "softmax", 0, 1}, softmax_2{10, "softmax", 0, 2},
    margin_1{10, "a-softmax", 4, 1}, margin_2{10, "a-softmax", 4, 2}, deep_1{20, "a-softmax", 4, 1},
    deep_2{20, "a-softmax", 4, 2};

/// softmax and a-softmax m=4 on sphereface-10 for two seeds, of which one diverged; on sphereface-20 nothing yet and one.
inline std::vector<AblationOutcome> some_cells() {
  return {
      finished(softmax_1, 0.75), finished(margin_1, 0.875, 110), {deep_1, {}}, finished(softmax_2, 0.8125),
      diverged(margin_2),        finished(deep_2, 0.9375)};
}

}  // namespace hypersphere::test
