// Verification during and after a run.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "apps/evaluation/pair_photographs.h"
#include "apps/training/training_run.h"

namespace hypersphere {

/// Holds the verification photographs of a run and the baseline, which does not change.
class Validation {
 public:
  /// `held_out`: pairs drawn from identities set aside; else options.val_pairs is read.
  Validation(const TrainingOptions& options, const std::optional<PairList>& held_out);

  /// Runs the protocol and keeps its result for last(), row() and draw_sheet().
  const Verification& measure(const SphereFace& network);
  const Verification& last() const { return last_; }
  const Verification& raw_pixels() const { return raw_pixels_; }
  /// The log's row for the last measure().
  nlohmann::json row(std::int64_t iteration) const;
  /// A sheet of sample pairs of the last measure(): the clearest and the most mistaken of either kind.
  Image sheet() const;
  /// Degrees between the two of each pair that shows one person (or two), in the last measure().
  std::vector<double> angles(bool same) const;

 private:
  DType activations_;
  PairPhotographs photographs_;
  Verification raw_pixels_, last_;
};

}  // namespace hypersphere
