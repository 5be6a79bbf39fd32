#include "apps/training/loss_watch.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tensor/error.h"

using namespace hypersphere;

namespace {

using Finding = LossWatch::Finding;

// The finding at the end of a window of this loss.
Finding window_of(LossWatch& watch, std::int64_t& iteration, double loss) {
  Finding last = Finding::nothing;
  for (std::int64_t i = 0; i < LossWatch::window; ++i) {
    const Finding finding = watch.look(++iteration, loss);
    if (i + 1 < LossWatch::window) CHECK(finding == Finding::nothing);
    last = finding;
  }
  return last;
}

}  // namespace

TEST_CASE("loss watch: a loss that falls is nothing, nor is one that a margin raises again") {
  LossWatch watch(1000);  // ln 1000 = 6.9
  std::int64_t iteration = 0;
  for (const double loss : {7.5, 6.9, 5.0, 3.0, 2.0, 4.0, 9.0, 6.0, 1.0})
    CHECK(window_of(watch, iteration, loss) == Finding::nothing);
  CHECK(watch.mean() == doctest::Approx(1.0));
}

TEST_CASE("loss watch: a loss that stays where a network begins is said to be stuck, once") {
  LossWatch watch(1000);
  std::int64_t iteration = 0;
  for (int i = 0; i < 4; ++i) CHECK(window_of(watch, iteration, 6.8) == Finding::nothing);
  CHECK(window_of(watch, iteration, 6.8) == Finding::stuck);
  CHECK(window_of(watch, iteration, 6.8) == Finding::nothing);
  LossWatch below(1000);
  iteration = 0;
  for (int i = 0; i < 8; ++i) CHECK(window_of(below, iteration, 6.5) == Finding::nothing);
}

TEST_CASE(
    "loss watch: a loss three times its lowest and twice a network's that knows nothing rises without end") {
  LossWatch watch(1000);
  std::int64_t iteration = 0;
  CHECK(window_of(watch, iteration, 5.0) == Finding::nothing);
  CHECK(window_of(watch, iteration, 13.7) == Finding::nothing);  // not twice
  CHECK(window_of(watch, iteration, 14.9) == Finding::nothing);  // not three times
  CHECK(window_of(watch, iteration, 15.1) == Finding::rising);
}

TEST_CASE("loss watch: an interrupted run is judged like one that was not") {
  LossWatch whole(50);
  std::int64_t iteration = 0;
  for (; iteration < 500; ++iteration)
    whole.look(iteration + 1, 0.1 * static_cast<double>(iteration % 7) + 1);
  LossWatch resumed(50);
  resumed.restore(whole.state());
  CHECK(resumed.state() == whole.state());
  for (; iteration < 1000; ++iteration)
    CHECK(whole.look(iteration + 1, 40) == resumed.look(iteration + 1, 40));
  CHECK(resumed.state() == whole.state());
  CHECK(resumed.mean() == whole.mean());
  LossWatch fresh(50), copy(50);
  copy.restore(fresh.state());  // nan and inf travel too
  CHECK(copy.state() == fresh.state());
  for (const char* text : {"", "1 2 3", "1 2 3 0 more", "a b c d"})
    CHECK_THROWS_AS(copy.restore(text), Error);
}
