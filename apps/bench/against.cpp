#include "apps/bench/against.h"

#include <fmt/core.h>

#include <utility>

#include "apps/bench/measure.h"

namespace hypersphere {

std::string describe(const BenchOptions& options, const ComparedSeconds& seconds, double flops) {
  const double unit = options.compute.device == Device::cpu ? 1e-9 : 1e-12;
  return fmt::format("{:7.1f} {:7.1f} {:6.2f}", flops / seconds.native * unit, flops / seconds.other * unit,
                     seconds.ratio());
}

std::string comparison_unit(const BenchOptions& options) {
  return fmt::format("{0} native, {0} of {1}, their ratio",
                     options.compute.device == Device::cpu ? "GFLOP/s" : "TFLOP/s", options.against);
}

nlohmann::json row_of(const BenchOptions& options, nlohmann::json row, const ComparedSeconds& seconds,
                      double flops) {
  row["against"] = options.against;
  row["native_seconds"] = seconds.native;
  row["other_seconds"] = seconds.other;
  row["native_flops_per_second"] = flops / seconds.native;
  row["other_flops_per_second"] = flops / seconds.other;
  row["ratio"] = seconds.ratio();
  return row_of(options, std::move(row));
}

}  // namespace hypersphere
