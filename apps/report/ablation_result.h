// What an ablation found: networks trained under one budget that differ in depth, head and margin, gathered over
// their seeds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hypersphere {

/// One place of the grid: a network that is trained once.
struct AblationCell {
  int depth = 20;                  ///< of the SphereFace network
  std::string head = "a-softmax";  ///< "a-softmax", "modified-softmax" or "softmax"
  int margin = 0;                  ///< m of the A-Softmax; 0 for a head that has none
  std::uint64_t seed = 1;

  bool operator==(const AblationCell&) const = default;
};

/// "sphereface-10-a-softmax-4-seed-1", "sphereface-10-softmax-seed-1": the folder of the cell's run.
std::string folder_name(const AblationCell& cell);
/// "a-softmax m=4", "softmax".
std::string head_name(const AblationCell& cell);

/// What a cell came to. Rates and accuracies are fractions in [0, 1]; see apps/evaluation/verification.h for what each
/// is.
struct AblationResult {
  /// What the run said when its numbers were not finite any more; empty for a run that came to its end. Of a diverged run
  /// nothing else holds but iterations and seconds.
  std::string divergence{};
  std::int64_t iterations = 0;  ///< done
  double seconds = 0;           ///< of training
  double loss = 0;              ///< at the end, see TrainingResult
  double accuracy = 0, best_threshold_accuracy = 0, auc = 0, tpr_at_fpr_1e2 = 0;
  double raw_pixels = 0;       ///< the baseline's accuracy on the same pairs
  bool tuned_on_test = false;  ///< the pairs have one fold, which chose the threshold for itself

  bool operator==(const AblationResult&) const = default;
};

/// A cell and its result, where it has one already.
struct AblationOutcome {
  AblationCell cell;
  std::optional<AblationResult> result;

  /// The result of a run that came to its end; else null.
  const AblationResult* figures() const { return result && result->divergence.empty() ? &*result : nullptr; }
};

/// Mean and sample standard deviation (divided by count - 1), NaN where they are not defined: the mean of no values, the
/// deviation of fewer than two.
struct Spread {
  int count = 0;
  double mean = 0, deviation = 0;
};
Spread spread_of(const std::vector<double>& values);

/// The cells that differ in their seed alone.
struct AblationRow {
  std::vector<AblationOutcome> cells;  ///< one a seed, at least one

  const AblationCell& first() const { return cells.front().cell; }
  int diverged() const;
  /// Over the cells that came to their end.
  Spread spread(double AblationResult::*figure) const;
  Spread iterations() const;
};

/// A row for each depth, head and margin, in the order in which they first come.
std::vector<AblationRow> rows_of(const std::vector<AblationOutcome>& cells);

}  // namespace hypersphere
