#include <fmt/core.h>

#include <memory>

#include "apps/bench/bench.h"
#include "apps/bench/measure.h"
#include "apps/bench/work.h"
#include "apps/report/console.h"
#include "apps/report/stopwatch.h"
#include "apps/training/trainer.h"
#include "kernels/profile.h"
#include "tensor/allocator.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

Batch random_batch(const BenchOptions& options) {
  Batch batch;
  batch.pixels = random_pixels(options.batch);
  batch.labels = Tensor::empty({options.batch}, DType::i32);
  batch.augment = Tensor::empty({options.batch, ImageChange::numbers});
  for (std::int64_t i = 0; i < options.batch; ++i)
    ImageChange{}.write(batch.augment.data<float>() + i * ImageChange::numbers);
  Random random(1, random_stream(RandomUse::test, 2));
  for (auto& label : batch.labels.span<std::int32_t>())
    label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(options.classes)));
  return batch;
}

// Where the time of a step goes, in steps of their own: the profile's clock costs time too, if little. Prints a table and
// returns its rows.
nlohmann::json profile_steps(const Work& step) {
  constexpr int steps = 3;
  profile::start();
  const Stopwatch watch;
  for (int i = 0; i < steps; ++i) step();
  const double total = watch.seconds() / steps;
  nlohmann::json rows = nlohmann::json::array();
  tell("{:32}{:>8}{:>10}{:>8}\n", "operation, in a step", "calls", "ms", "share");
  const auto add = [&](const std::string& operation, std::int64_t calls, double seconds) {
    tell("{:32}{:8}{:10.2f}{:6.1f} %\n", operation, calls, seconds * 1e3, 100 * seconds / total);
    rows.push_back(
        {{"operation", operation}, {"calls", calls}, {"seconds", seconds}, {"share", seconds / total}});
  };
  double outside = total;
  for (const profile::Row& row : profile::stop()) {
    add(row.operation, row.calls / steps, row.seconds / steps);
    outside -= row.seconds / steps;
  }
  add("outside of operations", 0, outside);
  return rows;
}

}  // namespace

nlohmann::json bench_step(const BenchOptions& options) {
  Model model;
  model.network = std::make_unique<SphereFace>(SphereFaceOptions{.depth = options.depth});
  Communicator& ranks = *options.ranks;
  model.head = std::make_unique<Head>(HeadOptions{}, 512, options.classes,
                                      options.shard_classes && ranks.size() > 1 ? options.ranks : nullptr);
  model.network->initialise(1);
  model.head->initialise(1);
  const Batch batch = share_of(random_batch(options), ranks.rank(), ranks.size());
  const Device device = options.compute.device;
  reset_peak(device);  // replayed steps allocate nothing: what they work in is counted when it is recorded
  Trainer trainer(model, SolverOptions{}, options.compute, options.ranks);
  const auto step = [&] { trainer.step(batch, 1000, 0.001f); };
  if (device == Device::cuda)
    for (int i = 0; i < 3; ++i) step();  // the third one records the graph
  // Several processes do the same number of steps, whatever their clocks say.
  const double communicating = ranks.seconds();
  const Stopwatch watch;
  std::vector<double> runs;
  const double seconds = ranks.size() == 1 ? median_seconds(options, step) : [&] {
    for (int run = 0; run <= options.repeats; ++run) runs.push_back(seconds_of(options, 1, step));
    return median({runs.begin() + 1, runs.end()});
  }();
  const double communication = (ranks.seconds() - communicating) / watch.seconds();
  const double rate = static_cast<double>(options.batch) / seconds;
  const auto peak = allocator_stats(device).peak_bytes, process_peak = process_peak_bytes();
  const double useful = 6.0 * static_cast<double>(model.network->multiply_adds()) * rate;
  tell(
      "sphereface-{}, A-Softmax over {} classes, batch {}: {:.1f} images/s, {:.4g} ms a step, {:.4g} "
      "GFLOP/s, peak {:.2f} GiB of tensors, {:.2f} GiB of the process\n",
      options.depth, options.classes, options.batch, rate, seconds * 1e3, useful * 1e-9,
      static_cast<double>(peak) / 0x1p30, static_cast<double>(process_peak) / 0x1p30);
  show();
  if (ranks.size() > 1)
    tell("{} processes by way of {}, the classes {}; {:.0f} % of this one's time in communication\n",
         ranks.size(), ranks.engine(), options.shard_classes ? "shared out" : "in each", 100 * communication);
  nlohmann::json row = row_of(options, {{"depth", options.depth},
                                        {"processes", ranks.size()},
                                        {"shard_classes", options.shard_classes},
                                        {"communication_share", communication},
                                        {"batch", options.batch},
                                        {"classes", options.classes},
                                        {"images_per_second", rate},
                                        {"seconds", seconds},
                                        {"flops_per_second", useful},
                                        {"peak_bytes", peak},
                                        {"process_peak_bytes", process_peak}});
  if (device == Device::cpu) row["operations"] = profile_steps(step);
  return {row};
}

}  // namespace hypersphere
