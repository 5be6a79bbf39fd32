#include "apps/report/ticks.h"

#include <doctest/doctest.h>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using doctest::Approx;

void check_ticks(const std::vector<double>& ticks, const std::vector<double>& expected) {
  REQUIRE(ticks.size() == expected.size());
  for (std::size_t i = 0; i < ticks.size(); ++i) CHECK(ticks[i] == Approx(expected[i]));
}

TEST_CASE("linear_ticks: multiples of 1, 2, 5 within the range") {
  check_ticks(linear_ticks(0, 10, 5), {0, 2, 4, 6, 8, 10});
  check_ticks(linear_ticks(0, 1, 10), {0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1});
  check_ticks(linear_ticks(0, 2800, 10), {0, 500, 1000, 1500, 2000, 2500});
  check_ticks(linear_ticks(-1.3, 1.3, 5), {-1, 0, 1});
  check_ticks(linear_ticks(0.82, 0.91, 4), {0.85, 0.9});
  check_ticks(linear_ticks(0.1, 0.3, 2), {0.1, 0.2, 0.3});  // ends that rounding would lose
  CHECK_THROWS_AS(linear_ticks(1, 1, 5), Error);
}

TEST_CASE("log_ticks: decades, thinned out or filled in") {
  check_ticks(log_ticks(1e-3, 1, 8), {1e-3, 1e-2, 1e-1, 1});
  check_ticks(log_ticks(1e-8, 1e4, 6), {1e-6, 1e-3, 1, 1e3});
  check_ticks(log_ticks(3, 120, 8), {5, 10, 20, 50, 100});
  check_ticks(log_ticks(3, 4, 3), {3, 3.5, 4});
  CHECK_THROWS_AS(log_ticks(0, 1, 5), Error);
  CHECK_THROWS_AS(log_ticks(2, 1, 5), Error);
}

TEST_CASE("tick_label") {
  CHECK(tick_label(1e-17, 0.1) == "0");
  CHECK(tick_label(0.25, 0.05) == "0.25");
  CHECK(tick_label(0.1 + 0.2, 0.1) == "0.3");
  CHECK(tick_label(1, 0.2) == "1.0");
  CHECK(tick_label(-2, 1) == "-2");
  CHECK(tick_label(2500, 500) == "2500");
  CHECK(tick_label(12000, 2000) == "12k");
  CHECK(tick_label(3e6, 1e6) == "3M");
  CHECK(tick_label(3e-5, 1e-5) == "3e-5");
  CHECK(tick_label(0.01, 0) == "0.01");
  CHECK(tick_label(1e-3, 0) == "0.001");
  CHECK(tick_label(1000, 0) == "1000");
  CHECK(tick_label(1e-5, 0) == "1e-5");
  CHECK(tick_label(2e4, 0) == "2e4");
}

}  // namespace
}  // namespace hypersphere
