#include "apps/training/schedule.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "tensor/error.h"

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
    const char* const end = word.data() + word.size() - (percent ? 1 : 0);
    RateStep step;
    std::from_chars_result parsed{};
    if (percent) {
      parsed = std::from_chars(word.data(), end, step.share);
      step.share /= 100;
    } else {
      std::int64_t iteration = 0;
      parsed = std::from_chars(word.data(), end, iteration);
      step.iteration = iteration;
    }
    const bool sensible = percent ? step.share > 0 && step.share < 1 : step.iteration.value_or(0) > 0;
    expect(
        parsed.ec == std::errc() && parsed.ptr == end && sensible,
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
