// How the benches measure, and how they say it.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/bench/bench.h"

namespace hypersphere {

using Work = std::function<void()>;

/// Seconds of one call of work(), the mean over `calls` calls; waits for a device before and after.
double seconds_of(const BenchOptions& options, int calls, const Work& work);
/// How many calls to time together: one on the cpu; on a GPU, which is behind the host's calls and fast, as many as
/// take some milliseconds. Runs work() a few times, which also warms caches and the allocator.
int calls_for(const BenchOptions& options, const Work& work);
/// Of one call of `work`.
double median_seconds(const BenchOptions& options, const Work& work);
/// Of one call of each of `works`, measured in turns: what a machine reaches depends on its clock, its temperature and
/// its other work at the time, and so all of them meet the same.
std::vector<double> median_seconds_in_turns(const BenchOptions& options, const std::vector<Work>& works);
/// The same with the best of the runs: what the work takes while nothing else disturbs it.
struct Seconds {
  double median = 0, best = 0;
};
std::vector<Seconds> seconds_in_turns(const BenchOptions& options, const std::vector<Work>& works);
/// The upper one of the two in the middle, where there are two. `values` must not be empty.
double median(std::vector<double> values);

/// The largest memory that the process had resident so far, in bytes. That is one subcommand's only in a process that ran
/// nothing else before. (Linux keeps the figure over exec: a small program started from a process larger than itself
/// says that one's size.)
std::int64_t process_peak_bytes();

/// One line: the processor with threads and peak, or the device.
void print_machine(const BenchOptions& options);
/// "  123.4   56 %", the rate in GFLOP/s and as a share of the peak, or "         12.34" in TFLOP/s without one.
std::string describe_rate(const BenchOptions& options, double flops_per_second);
/// What describe_rate's numbers are.
const char* rate_unit(const BenchOptions& options);
/// What every row says of where it was measured, added to `row`.
nlohmann::json row_of(const BenchOptions& options, nlohmann::json row);
/// Shows what was printed so far, also in a pipe: a long bench tells each line when it has it.
void show();

}  // namespace hypersphere
