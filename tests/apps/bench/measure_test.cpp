#include "apps/bench/measure.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "apps/bench/against.h"
#include "apps/bench/work.h"
#include "kernels/cuda/runtime.h"

namespace hypersphere::test {

TEST_CASE("median: of any order; the upper one in the middle of an even number") {
  CHECK(median({3}) == 3);
  CHECK(median({5, 1, 3}) == 3);
  CHECK(median({4, 1, 3, 2}) == 3);
}

TEST_CASE("median_seconds_in_turns: warms each up once, then measures them in turns") {
  BenchOptions options;
  options.repeats = 2;
  std::string order;
  const auto seconds =
      median_seconds_in_turns(options, {[&] { order += 'a'; }, [&] { order += 'b'; }, [&] { order += 'c'; }});
  CHECK(order == "abcabcabc");
  REQUIRE(seconds.size() == 3);
  for (const double s : seconds) CHECK(s >= 0);
}

TEST_CASE("seconds_in_turns: the best is no more than the median") {
  BenchOptions options;
  options.repeats = 3;
  int calls = 0;
  const auto nap = [&] { std::this_thread::sleep_for(std::chrono::milliseconds(calls++ % 2 == 0 ? 1 : 300)); };
  const std::vector<Seconds> seconds = seconds_in_turns(options, {nap});
  REQUIRE(seconds.size() == 1);
  CHECK(calls == 4);
  CHECK(seconds[0].best >= 0.001);
  CHECK(seconds[0].median >= 0.3);  // two of the three timed runs take that
  CHECK(seconds[0].best < seconds[0].median);
}

TEST_CASE("process_peak_bytes: grows with what the process uses") {
  const std::int64_t before = process_peak_bytes();
  CHECK(before > 1 << 20);
  constexpr std::int64_t more = std::int64_t{64} << 20;
  const std::vector<char> used(static_cast<std::size_t>(before + more), 'x');
  CHECK(used.back() == 'x');
  CHECK(process_peak_bytes() >= before + more / 2);
}

TEST_CASE("describe_rate: GFLOP/s and the share of a peak, or TFLOP/s without one") {
  BenchOptions options;
  options.peak = 200e9;
  CHECK(describe_rate(options, 150e9) == "  150.0   75 %");
  options.peak = 0;
  CHECK(describe_rate(options, 150e9) == "          0.15");
}

TEST_CASE("a comparison's ratio says how many times as fast this program is") {
  BenchOptions options;
  options.against = "another";
  const nlohmann::json row = row_of(options, {{"kind", "gemm"}}, {.native = 0.5, .other = 1.5}, 6e9);
  CHECK(row["ratio"].get<double>() == doctest::Approx(3));
  CHECK(row["native_flops_per_second"].get<double>() == doctest::Approx(12e9));
  CHECK(row["other_flops_per_second"].get<double>() == doctest::Approx(4e9));
  CHECK(row["against"] == "another");
  CHECK(row["kind"] == "gemm");
  CHECK(row["device"] == "cpu");
  CHECK(describe(options, {0.5, 1.5}, 6e9) == "   12.0     4.0   3.00");
}

TEST_CASE("the layers are SphereFace-20's: 1.750 G multiply-adds with fc5") {
  double flops = 2.0 * 512 * 7 * 6 * 512;
  int convolutions = 0;
  for (const BenchLayer& layer : bench_layer_list) {
    flops += layer.count * LayerWork(layer, 1, {}).flops;
    convolutions += layer.count;
  }
  CHECK(convolutions == 20);
  CHECK(flops == doctest::Approx(3.50e9).epsilon(0.001));
}

}  // namespace hypersphere::test
