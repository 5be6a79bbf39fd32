#include <fmt/core.h>

#include "apps/bench/bench.h"
#include "apps/bench/measure.h"
#include "apps/bench/work.h"
#include "apps/evaluation/features.h"
#include "apps/report/console.h"
#include "kernels/conv2d/kept_filters_cpu.h"
#include "tensor/allocator.h"

namespace hypersphere {

nlohmann::json bench_embed(const BenchOptions& options) {
  SphereFace network(SphereFaceOptions{.depth = options.depth});
  network.initialise(1);
  network.to(options.compute.device);
  const Tensor pixels = random_pixels(options.batch);
  const FeatureOptions how = {
      .join_mirror = options.mirror, .batch = options.batch, .activations = options.compute.activations};
  const cpu::KeptFilters kept_filters;
  reset_peak(options.compute.device);
  const double seconds = median_seconds(options, [&] { extract_features(network, pixels, how); });
  const double rate = static_cast<double>(options.batch) / seconds;
  const auto peak = allocator_stats(options.compute.device).peak_bytes, process_peak = process_peak_bytes();
  const double useful = (options.mirror ? 4.0 : 2.0) * static_cast<double>(network.multiply_adds()) * rate;
  tell(
      "sphereface-{}, {}, batch {}: {:.1f} images/s, {:.4g} ms a batch, {:.4g} GFLOP/s, peak {:.2f} GiB of "
      "tensors, {:.2f} GiB of the process\n",
      options.depth, options.mirror ? "each image joined with its mirror image" : "each image alone",
      options.batch, rate, seconds * 1e3, useful * 1e-9, static_cast<double>(peak) / 0x1p30,
      static_cast<double>(process_peak) / 0x1p30);
  return {row_of(options, {{"depth", options.depth},
                           {"batch", options.batch},
                           {"mirror", options.mirror},
                           {"images_per_second", rate},
                           {"seconds", seconds},
                           {"flops_per_second", useful},
                           {"peak_bytes", peak},
                           {"process_peak_bytes", process_peak}})};
}

}  // namespace hypersphere
