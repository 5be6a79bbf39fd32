// What the comparisons with another library share: how a pair of times is said.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/bench/bench.h"

namespace hypersphere {

/// Medians, measured in turns.
struct ComparedSeconds {
  double native = 0, other = 0;
  double ratio() const { return other / native; }  ///< this program's speed over the other library's
};

/// Speeds and ratio of work of so many operations: in GFLOP/s on the cpu, else in TFLOP/s.
std::string describe(const BenchOptions& options, const ComparedSeconds& seconds, double flops);
/// "GFLOP/s native, GFLOP/s of LIBRARY, their ratio", or so.
std::string comparison_unit(const BenchOptions& options);
/// `row` with both speeds, their ratio and where they were measured.
nlohmann::json row_of(const BenchOptions& options, nlohmann::json row, const ComparedSeconds& seconds,
                      double flops);

}  // namespace hypersphere
