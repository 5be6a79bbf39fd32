#include "apps/training/schedule.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tensor/error.h"
#include "tensor/text.h"

namespace hypersphere {

std::optional<std::int64_t> Budget::total_iterations(std::int64_t photographs, std::int64_t batch) const {
  if (iterations) return *iterations;
  if (!epochs) return std::nullopt;
  return static_cast<std::int64_t>(
      std::ceil(*epochs * static_cast<double>(photographs) / static_cast<double>(batch)));
}

std::vector<RateStep> parse_rate_steps(const std::string& text) {
  std::vector<RateStep> steps;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    const bool percent = !word.empty() && word.back() == '%';
    RateStep step;
    if (percent)
      step.share = number_in<double>(word.substr(0, word.size() - 1)).value_or(0) / 100;
    else
      step.iteration = number_in<std::int64_t>(word);
    expect(
        percent ? step.share > 0 && step.share < 1 : step.iteration.value_or(0) > 0,
        "learning-rate steps: expected iterations or percentages such as 16000,24000 or 60%,85%, found '{}'",
        text);
    steps.push_back(step);
  }
  return steps;
}

RateSchedule::RateSchedule(double base, double gamma, const std::vector<RateStep>& steps, std::int64_t warmup)
    : warmup_(warmup) {
  multi_step_.base = base;
  multi_step_.gamma = gamma;
  for (const RateStep& step : steps)
    if (step.iteration)
      multi_step_.steps.push_back(*step.iteration);
    else
      shares_.push_back(step.share);
  std::ranges::sort(multi_step_.steps);
}

double RateSchedule::at(std::int64_t iterations, double share) const {
  const auto passed = std::ranges::count_if(shares_, [&](double step) { return share >= step; });
  const double rate = multi_step_.at(iterations) * std::pow(multi_step_.gamma, static_cast<double>(passed));
  return iterations < warmup_ ? rate * static_cast<double>(iterations + 1) / static_cast<double>(warmup_)
                              : rate;
}

}  // namespace hypersphere
