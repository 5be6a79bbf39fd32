// How long a run goes on and how its learning rate falls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nn/solver.h"

namespace hypersphere {

/// The end of a run: exactly one of the three.
struct Budget {
  std::optional<std::int64_t> iterations = {};
  std::optional<double> epochs = {};
  std::optional<double> minutes =
      {};  ///< of wall-clock time, validations included, earlier parts of a resumed run too

  /// Iterations in all, or nothing for a run bounded by time. `photographs` is an epoch's length.
  std::optional<std::int64_t> total_iterations(std::int64_t photographs, std::int64_t batch) const;
};

/// A point at which the learning rate falls: after so many iterations, or at a share of the budget.
struct RateStep {
  std::optional<std::int64_t> iteration;
  double share = 0;  ///< in (0, 1), where no iteration is given
};

/// Reads "16000,24000,28000", "60%,85%" or a mixture; empty text gives no step. Throws Error saying what was
/// expected.
std::vector<RateStep> parse_rate_steps(const std::string& text);

/// nn/solver.h's MultiStep, with steps at shares of the budget and a warm-up besides: during the first
/// `warmup` iterations the rate rises linearly, from base / warmup at the first to base.
class RateSchedule {
 public:
  RateSchedule(double base, double gamma, const std::vector<RateStep>& steps, std::int64_t warmup = 0);
  /// After `iterations` steps and `share` of the budget (0 at the start, 1 at the end).
  double at(std::int64_t iterations, double share) const;

 private:
  MultiStep multi_step_;
  std::int64_t warmup_;
  std::vector<double> shares_;
};

}  // namespace hypersphere
