#include "apps/training/loss_watch.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "tensor/error.h"

namespace hypersphere {

const char* const divergence_help =
    "What helps: a lower --lr, a --warmup, a larger --batch, a higher --lambda-min or a slower "
    "--lambda-gamma, a first run "
    "with --margin 1 to go on from with --init";

LossWatch::LossWatch(std::int64_t classes) : ignorance_(std::log(static_cast<double>(classes))) {}

LossWatch::Finding LossWatch::look(std::int64_t iteration, double loss) {
  sum_ += loss;
  if (iteration % window != 0) return Finding::nothing;
  mean_ = sum_ / static_cast<double>(window);
  sum_ = 0;
  const bool rising = mean_ > 2 * ignorance_ && mean_ > 3 * lowest_;
  lowest_ = std::fmin(lowest_, mean_);
  if (rising) return Finding::rising;
  const bool stuck = iteration >= 5 * window && lowest_ > 0.95 * ignorance_ && !said_;
  said_ = said_ || stuck;
  return stuck ? Finding::stuck : Finding::nothing;
}

std::string LossWatch::state() const {
  return fmt::format("{:a} {:a} {:a} {}", sum_, mean_, lowest_, said_ ? 1 : 0);
}

void LossWatch::restore(const std::string& state) {
  int said = 0, length = 0;
  const int read = std::sscanf(state.c_str(), "%la %la %la %d%n", &sum_, &mean_, &lowest_, &said, &length);
  expect(read == 4 && static_cast<std::size_t>(length) == state.size(),
         "loss watch: expected four numbers, found '{}'", state);
  said_ = said != 0;
}

}  // namespace hypersphere
