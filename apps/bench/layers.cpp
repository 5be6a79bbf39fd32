#include <fmt/core.h>

#include <string>

#include "apps/bench/bench.h"
#include "apps/bench/measure.h"
#include "apps/bench/onednn.h"
#include "apps/bench/work.h"
#include "apps/report/console.h"
#include "kernels/conv2d/algorithm_cpu.h"

namespace hypersphere {
namespace {

// Of a layer's direction on the cpu; elsewhere empty, because there it is a matter of the device's launchers.
std::string algorithm(const BenchOptions& options, const LayerWork& work, int direction) {
  if (options.compute.device != Device::cpu) return "";
  return cpu::conv2d_choice(static_cast<cpu::ConvDirection>(direction), work.x.shape(), work.w.shape(),
                            work.options)
      .name();
}

}  // namespace

nlohmann::json bench_layers(const BenchOptions& options) {
  if (options.against == "onednn") {
    onednn::expect_in_this_build();
    if constexpr (onednn::in_this_build) return bench_layers_against_onednn(options);
  }
  if (!options.against.empty()) return bench_layers_against_cuda(options);
  nlohmann::json rows = nlohmann::json::array();
  tell("batch {}; {}, counted as direct convolution\n", options.batch, rate_unit(options));
  tell("{:34}{:27}{:27}{}\n", "layer", "forward", "backward data", "backward weight");
  double step = 0, step_flops = 0;
  for (const BenchLayer& layer : bench_layer_list) {
    const LayerWork work(layer, options.batch, options.compute);
    nlohmann::json row = row_of(options, row_of(layer, options.batch));
    row["flops"] = work.flops;
    tell("{:34}", describe(layer));
    for (int d = 0; d < 3; ++d) {
      const double seconds = median_seconds(options, work.directions[d]), rate = work.flops / seconds;
      if (d != 1 || layer.data_gradient_wanted()) {
        step += layer.count * seconds;
        step_flops += layer.count * work.flops;
      }
      std::string name = LayerWork::direction_names[d];
      if (const auto space = name.find(' '); space != std::string::npos) name[space] = '_';
      row[name + "_seconds"] = seconds;
      row[name + "_flops_per_second"] = rate;
      if (options.peak > 0) row[name + "_share_of_peak"] = rate / options.peak;
      const std::string how = algorithm(options, work, d);
      if (!how.empty()) row[name + "_algorithm"] = how;
      tell("{} {:12}", describe_rate(options, rate), how);
      show();
    }
    tell("\n");
    rows.push_back(row);
  }
  tell("convolutions of a training step: {:.4g} ms, {:.1f} images/s, {} {}\n", step * 1e3,
       static_cast<double>(options.batch) / step, describe_rate(options, step_flops / step),
       rate_unit(options));
  return rows;
}

}  // namespace hypersphere
