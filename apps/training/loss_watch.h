// Whether a loss goes where it should.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace hypersphere {

/// What to try where training goes wrong, for messages: what helped others.
extern const char* const divergence_help;

/// Watches the loss of a run over windows of `window` iterations. What it has seen travels in a text, so that a run that was
/// interrupted is judged like one that was not.
class LossWatch {
 public:
  static constexpr std::int64_t window = 200;

  /// The loss of a network that knows nothing is ln(classes) (softmax over equal logits).
  explicit LossWatch(std::int64_t classes);

  enum class Finding { nothing, stuck, rising };
  /// After iteration `iteration` (1, 2, ...), whose loss was this. Findings come at the ends of windows:
  ///   rising  the window's mean is above 2 ln(classes) and three times the lowest of the windows before
  ///   stuck   five windows have passed, and none had a mean below 0.95 ln(classes); said once
  Finding look(std::int64_t iteration, double loss);
  /// The mean of the last whole window; NaN before there is one.
  double mean() const { return mean_; }
  double ignorance() const { return ignorance_; }

  std::string state() const;
  /// Goes on from state(). Throws Error for another text.
  void restore(const std::string& state);

 private:
  double ignorance_;  // ln(classes)
  double sum_ = 0, mean_ = std::numeric_limits<double>::quiet_NaN();
  double lowest_ = std::numeric_limits<double>::infinity();
  bool said_ = false;
};

}  // namespace hypersphere
