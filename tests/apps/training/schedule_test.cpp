#include "apps/training/schedule.h"

#include <doctest/doctest.h>

#include "tensor/error.h"

using namespace hypersphere;

TEST_CASE("rate steps: iterations, shares and mixtures") {
  CHECK(parse_rate_steps("").empty());
  const auto steps = parse_rate_steps("16000,60%,24000");
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].iteration == 16000);
  CHECK(!steps[1].iteration);
  CHECK(steps[1].share == doctest::Approx(0.6));
  CHECK(steps[2].iteration == 24000);
}

TEST_CASE("rate steps: anything else is refused with what was expected") {
  for (const char* text : {"x", "0", "-5", "0%", "100%", "12.5", "1e3", "60 %", "%"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parse_rate_steps(text), doctest::Contains("60%,85%"), Error);
  }
}

TEST_CASE("the rate falls at iterations as Caffe's multistep, the authors' schedule") {
  const RateSchedule rate(0.1, 0.1, parse_rate_steps("16000,24000"));
  CHECK(rate.at(0, 0) == doctest::Approx(0.1));
  CHECK(rate.at(15999, 0) == doctest::Approx(0.1));
  CHECK(rate.at(16000, 0) == doctest::Approx(0.01));
  CHECK(rate.at(24000, 0) == doctest::Approx(0.001));
}

TEST_CASE("the rate falls at shares of the budget") {
  const RateSchedule rate(0.5, 0.5, parse_rate_steps("60%,90%"));
  CHECK(rate.at(7, 0.59) == doctest::Approx(0.5));
  CHECK(rate.at(7, 0.6) == doctest::Approx(0.25));
  CHECK(rate.at(7, 0.95) == doctest::Approx(0.125));
}

TEST_CASE("the rate rises linearly during the warm-up") {
  const RateSchedule rate(0.1, 0.1, {}, 4);
  CHECK(rate.at(0, 0) == doctest::Approx(0.025));
  CHECK(rate.at(2, 0) == doctest::Approx(0.075));
  CHECK(rate.at(3, 0) == doctest::Approx(0.1));
  CHECK(rate.at(4, 0) == doctest::Approx(0.1));
}

TEST_CASE("a budget of epochs is rounded up to whole iterations") {
  CHECK(*Budget{.iterations = 7}.total_iterations(100, 32) == 7);
  CHECK(*Budget{.epochs = 2}.total_iterations(100, 32) == 7);  // 200 / 32 = 6.25
  CHECK(*Budget{.epochs = 0.5}.total_iterations(64, 32) == 1);
  CHECK(!Budget{.minutes = 3}.total_iterations(100, 32));
}
