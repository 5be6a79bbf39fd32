#include "apps/bench/measure.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "apps/report/console.h"
#include "apps/report/stopwatch.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/simd.h"
#include "kernels/cuda/runtime.h"
#include "tensor/cuda_memory.h"

namespace hypersphere {

double seconds_of(const BenchOptions& options, int calls, const Work& work) {
  const bool waits = options.compute.device == Device::cuda;
  if (waits) cuda::synchronise();
  const Stopwatch watch;
  for (int i = 0; i < calls; ++i) work();
  if (waits) cuda::synchronise();
  return watch.seconds() / calls;
}

int calls_for(const BenchOptions& options, const Work& work) {
  constexpr double long_enough = 0.02;
  seconds_of(options, 1, work);
  int calls = 1;
  if (options.compute.device == Device::cuda)
    while (calls * seconds_of(options, calls, work) < long_enough) calls *= 2;
  return calls;
}

double median_seconds(const BenchOptions& options, const Work& work) {
  return median_seconds_in_turns(options, {work}).front();
}

std::vector<double> median_seconds_in_turns(const BenchOptions& options, const std::vector<Work>& works) {
  std::vector<double> medians;
  for (const Seconds& seconds : seconds_in_turns(options, works)) medians.push_back(seconds.median);
  return medians;
}

std::vector<Seconds> seconds_in_turns(const BenchOptions& options, const std::vector<Work>& works) {
  std::vector<int> calls;
  for (const Work& work : works) calls.push_back(calls_for(options, work));
  std::vector<std::vector<double>> seconds(works.size());
  for (int repeat = 0; repeat < options.repeats; ++repeat)
    for (std::size_t i = 0; i < works.size(); ++i)
      seconds[i].push_back(seconds_of(options, calls[i], works[i]));
  std::vector<Seconds> result;
  for (auto& some : seconds) {
    const double best = std::ranges::min(some);
    result.push_back({median(std::move(some)), best});
  }
  return result;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::int64_t process_peak_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{1024} * usage.ru_maxrss;
}

void print_machine(const BenchOptions& options) {
  if (options.compute.device == Device::cuda)
    tell("{}, {}, {} convolutions\n", cuda::device_properties().name, options.precision, options.conv);
  else
    tell("{} threads, {}, peak {:.0f} GFLOP/s (measured fused multiply-adds in registers){}\n",
         cpu::thread_count(), cpu::simd_target(), options.peak * 1e-9, options.direct ? ", no Winograd" : "");
  show();
}

std::string describe_rate(const BenchOptions& options, double flops_per_second) {
  return options.peak > 0 ? fmt::format("{:7.1f} {:4.0f} %", flops_per_second * 1e-9,
                                        100 * flops_per_second / options.peak)
                          : fmt::format("{:14.2f}", flops_per_second * 1e-12);
}

const char* rate_unit(const BenchOptions& options) {
  return options.peak > 0 ? "GFLOP/s and share of peak" : "TFLOP/s";
}

nlohmann::json row_of(const BenchOptions& options, nlohmann::json row) {
  row["device"] = to_string(options.compute.device);
  row["precision"] = options.precision;
  row["conv"] = options.conv;
  if (options.compute.device == Device::cpu) {
    row["threads"] = cpu::thread_count();
    row["simd"] = cpu::simd_target();
    row["winograd"] = !options.direct;
    if (options.peak > 0) row["peak_flops_per_second"] = options.peak;
  }
  return row;
}

void show() { std::fflush(stdout); }

}  // namespace hypersphere
