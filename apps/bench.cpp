// hypersphere bench: how fast the parts are on this machine.

#include <fmt/core.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/bench_support.h"
#include "apps/subcommands.h"
#include "apps/training/trainer.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/peak.h"
#include "kernels/cpu/simd.h"
#include "kernels/cuda/runtime.h"
#include "kernels/gemm/gemm.h"
#include "tensor/allocator.h"
#include "tensor/file.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

// Of one call of `work`.
double median_seconds(const BenchCommand& command, const std::function<void()>& work) {
  const int calls = calls_for(command, work);
  std::vector<double> seconds;
  for (int i = 0; i < command.repeats; ++i) seconds.push_back(seconds_of(command, calls, work));
  return median(std::move(seconds));
}

// The processor's, or 0 on a GPU, whose peak depends on too much to be measured here.
double measured_peak(const BenchCommand& command) {
  return command.compute.device == Device::cpu ? cpu::measure_peak() : 0;
}

// "  123.4   56 %", the rate in GFLOP/s and as a share of the peak, or "  12.34" in TFLOP/s without one.
std::string describe_rate(double rate, double peak) {
  return peak > 0 ? fmt::format("{:7.1f} {:4.0f} %", rate * 1e-9, 100 * rate / peak)
                  : fmt::format("{:14.2f}", rate * 1e-12);
}
const char* rate_unit(double peak) { return peak > 0 ? "GFLOP/s and share of peak" : "TFLOP/s"; }

void print_machine(const BenchCommand& command) {
  if (command.compute.device == Device::cuda) {
    fmt::print("{}, {}, {} convolutions\n", cuda::device_properties().name, command.machine.precision,
               command.machine.conv);
    return;
  }
  fmt::print("{} threads, {}, peak {:.0f} GFLOP/s (measured fused multiply-adds in registers)\n",
             cpu::thread_count(), cpu::simd_target(), cpu::measure_peak() * 1e-9);
}

nlohmann::json bench_gemm(const BenchCommand& command) {
  if (!command.against.empty()) return bench_gemm_against(command);
  const double peak = measured_peak(command);
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("      m       n       k   {}\n", rate_unit(peak));
  for (const auto& [m, n, k] : bench_product_list) {
    const Tensor a = random_values({m, k}, command.compute), b = random_values({k, n}, command.compute);
    Tensor c = Tensor::empty({m, n}, DType::f32, command.compute.device);
    const double seconds = median_seconds(command, [&] { gemm(Transpose::no, Transpose::no, a, b, 0, c); });
    const double rate = 2.0 * static_cast<double>(m * n * k) / seconds;
    fmt::print("{:7} {:7} {:7}   {}\n", m, n, k, describe_rate(rate, peak));
    nlohmann::json row = {{"m", m}, {"n", n}, {"k", k}, {"flops", rate}};
    if (peak > 0) row["share_of_peak"] = rate / peak;
    rows.push_back(row_of(command, row));
  }
  return rows;
}

nlohmann::json bench_layers(const BenchCommand& command) {
  if (!command.against.empty()) return bench_layers_against(command);
  const double peak = measured_peak(command);
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("batch {}; {}\n", command.batch, rate_unit(peak));
  fmt::print("layer                            forward         backward data   backward weight\n");
  double step = 0;
  for (const BenchLayer& layer : bench_layer_list) {
    const LayerWork work(layer, command.batch, command.compute);
    double seconds[3];
    for (int d = 0; d < 3; ++d) seconds[d] = median_seconds(command, work.directions[d]);
    const bool first = layer.in == 3;  // nobody needs the gradient of the photographs
    step += layer.count * (seconds[0] + (first ? 0 : seconds[1]) + seconds[2]);
    fmt::print("{}", describe(layer));
    for (const double s : seconds) fmt::print("  {}", describe_rate(work.flops / s, peak));
    fmt::print("\n");
    rows.push_back(row_of(command, {{"in", layer.in},
                                    {"out", layer.out},
                                    {"height", layer.height},
                                    {"width", layer.width},
                                    {"stride", layer.stride},
                                    {"batch", command.batch},
                                    {"forward_seconds", seconds[0]},
                                    {"backward_data_seconds", seconds[1]},
                                    {"backward_weight_seconds", seconds[2]},
                                    {"flops", work.flops}}));
  }
  fmt::print("convolutions of a training step: {:.3g} ms, {:.1f} images/s\n", step * 1e3,
             static_cast<double>(command.batch) / step);
  return rows;
}

nlohmann::json bench_step(const BenchCommand& command) {
  Model model;
  model.network = std::make_unique<SphereFace>(SphereFaceOptions{.depth = command.depth});
  model.head = std::make_unique<Head>(HeadOptions{}, 512, command.classes);
  model.network->initialise(1);
  model.head->initialise(1);
  Batch batch;
  batch.pixels = Tensor::empty({command.batch, 112, 96, 3}, DType::u8);
  batch.labels = Tensor::empty({command.batch}, DType::i32);
  batch.augment = Tensor::zeros({command.batch, 3}, DType::i32);
  Random random(1, random_stream(RandomUse::test, 1));
  for (auto& pixel : batch.pixels.span<std::uint8_t>()) pixel = static_cast<std::uint8_t>(random.below(256));
  for (auto& label : batch.labels.span<std::int32_t>())
    label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(command.classes)));
  const Device device = command.compute.device;
  reset_peak(device);  // replayed steps allocate nothing: what they work in is counted when it is recorded
  Trainer trainer(model, SolverOptions{}, command.compute);
  if (device == Device::cuda)
    for (int i = 0; i < 3; ++i) trainer.step(batch, 1000, 0.001f);  // the third one records the graph
  const double seconds = median_seconds(command, [&] { trainer.step(batch, 1000, 0.001f); });
  const double rate = static_cast<double>(command.batch) / seconds;
  const auto peak = allocator_stats(device).peak_bytes;
  const double useful = 6.0 * static_cast<double>(model.network->multiply_adds()) * rate;
  fmt::print(
      "sphereface-{}, A-Softmax over {} classes, batch {}: {:.1f} images/s, {:.4g} ms a step, {:.4g} "
      "GFLOP/s, peak {:.2f} GiB of tensors\n",
      command.depth, command.classes, command.batch, rate, seconds * 1e3, useful * 1e-9,
      static_cast<double>(peak) / 0x1p30);
  return {row_of(command, {{"depth", command.depth},
                           {"batch", command.batch},
                           {"classes", command.classes},
                           {"images_per_second", rate},
                           {"peak_bytes", peak}})};
}

void add(CLI::App& bench, const std::shared_ptr<BenchCommand>& options, const char* name, const char* text,
         nlohmann::json (*run)(const BenchCommand&)) {
  CLI::App* command = bench.add_subcommand(name, text);
  options->machine.add_to(*command);
  command->add_option("--repeats", options->repeats, "timed runs, of which the median counts")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--json", options->json, "write the rows to this file");
  if (std::string_view(name) != "step") {
    const char* other = std::string_view(name) == "gemm" ? "cublaslt" : "cudnn";
    command
        ->add_option("--against", options->against,
                     "another library to measure in turns, on cuda: " + std::string(other))
        ->check(CLI::IsMember({other}));
  }
  if (std::string_view(name) != "gemm")
    command->add_option("--batch", options->batch, "images")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
  if (std::string_view(name) == "step") {
    command->add_option("--classes", options->classes, "identities")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--depth", options->depth, "4, 10, 20, 36 or 64")
        ->check(CLI::IsMember({4, 10, 20, 36, 64}))
        ->capture_default_str();
  }
  command->callback([options, run] {
    options->compute = options->machine.apply();
    print_machine(*options);
    const nlohmann::json rows = run(*options);
    if (!options->json.empty()) write_file_atomically(options->json, rows.dump(2) + "\n");
  });
}

}  // namespace

void add_bench(CLI::App& app) {
  CLI::App* bench = app.add_subcommand("bench", "measure speed on this machine");
  bench->require_subcommand(1);
  auto options = std::make_shared<BenchCommand>();
  add(*bench, options, "gemm", "matrix products", bench_gemm);
  add(*bench, options, "layers", "each convolution of SphereFace-20 in three directions", bench_layers);
  add(*bench, options, "step", "a whole training step", bench_step);
}

}  // namespace hypersphere
