// hypersphere bench: how fast the parts are on this machine.

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/options.h"
#include "apps/report/stopwatch.h"
#include "apps/subcommands.h"
#include "apps/training/trainer.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/peak.h"
#include "kernels/cpu/simd.h"
#include "kernels/gemm/gemm.h"
#include "tensor/allocator.h"
#include "tensor/file.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

struct BenchCommand {
  Machine machine;
  int repeats = 5;
  std::int64_t batch = 32, classes = 3973;
  int depth = 20;
  std::filesystem::path json;
};

// Random values: zeros would be a friendlier input than any real one.
Tensor random_values(Shape shape, float scale = 1) {
  Tensor tensor = Tensor::empty(shape);
  Random random(1, random_stream(RandomUse::test, 0));
  for (float& value : tensor.span<float>()) value = scale * random.uniform(-1, 1);
  return tensor;
}

double median_seconds(int repeats, const std::function<void()>& work) {
  work();  // warms caches and the allocator
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    const Stopwatch watch;
    work();
    seconds.push_back(watch.seconds());
  }
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

void print_machine() {
  fmt::print("{} threads, {}, peak {:.0f} GFLOP/s (measured fused multiply-adds in registers)\n",
             cpu::thread_count(), cpu::simd_target(), cpu::measure_peak() * 1e-9);
}

nlohmann::json bench_gemm(const BenchCommand& command) {
  const double peak = cpu::measure_peak();
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("      m       n       k   GFLOP/s   of peak\n");
  struct Size {
    std::int64_t m, n, k;
  };
  for (const auto& [m, n, k] : {Size{512, 512, 512}, Size{1024, 1024, 1024}, Size{32, 512, 21504},
                                Size{32, 21504, 512}, Size{512, 21504, 32}}) {
    const Tensor a = random_values({m, k}), b = random_values({k, n});
    Tensor c = Tensor::empty({m, n});
    const double seconds =
        median_seconds(command.repeats, [&] { gemm(Transpose::no, Transpose::no, a, b, 0, c); });
    const double rate = 2.0 * static_cast<double>(m * n * k) / seconds;
    fmt::print("{:7} {:7} {:7}   {:7.1f}   {:5.1f} %\n", m, n, k, rate * 1e-9, 100 * rate / peak);
    rows.push_back({{"m", m}, {"n", n}, {"k", k}, {"flops", rate}, {"share_of_peak", rate / peak}});
  }
  return rows;
}

// SphereFace-20's convolutions: input height, width and channels, output channels, stride, how often.
struct Layer {
  std::int64_t height, width, in, out, stride;
  int count;
};
constexpr Layer layers[] = {{112, 96, 3, 64, 2, 1},   {56, 48, 64, 64, 1, 2},   {56, 48, 64, 128, 2, 1},
                            {28, 24, 128, 128, 1, 4}, {28, 24, 128, 256, 2, 1}, {14, 12, 256, 256, 1, 8},
                            {14, 12, 256, 512, 2, 1}, {7, 6, 512, 512, 1, 2}};

nlohmann::json bench_layers(const BenchCommand& command) {
  const double peak = cpu::measure_peak();
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("batch {}; GFLOP/s and share of peak\n", command.batch);
  fmt::print("layer                            forward         backward data   backward weight\n");
  double step = 0;
  for (const Layer& layer : layers) {
    const Conv2dOptions options{layer.stride, 1};
    const Tensor x = random_values({command.batch, layer.height, layer.width, layer.in});
    const Tensor w = random_values({layer.out, 3, 3, layer.in});
    Tensor y = Tensor::empty(conv2d_output_shape(x.shape(), w.shape(), options));
    const Tensor dy = random_values(y.shape());
    Tensor dx = Tensor::empty(x.shape()), dw = Tensor::empty(w.shape());
    const double work = 18.0 * static_cast<double>(y.size() * layer.in);
    const double seconds[] = {
        median_seconds(command.repeats, [&] { conv2d_forward(x, w, Tensor(), options, y); }),
        median_seconds(command.repeats, [&] { conv2d_backward_data(dy, w, options, dx); }),
        median_seconds(command.repeats, [&] { conv2d_backward_weight(x, dy, options, dw); })};
    const bool first = layer.in == 3;  // nobody needs the gradient of the photographs
    step += layer.count * (seconds[0] + (first ? 0 : seconds[1]) + seconds[2]);
    fmt::print("{:3} -> {:3} {:3}x{:<3} stride {} (x{})", layer.in, layer.out, layer.height, layer.width,
               layer.stride, layer.count);
    for (const double s : seconds) fmt::print("   {:6.1f} {:4.0f} %", work / s * 1e-9, 100 * work / s / peak);
    fmt::print("\n");
    rows.push_back({{"in", layer.in},
                    {"out", layer.out},
                    {"height", layer.height},
                    {"width", layer.width},
                    {"stride", layer.stride},
                    {"forward_seconds", seconds[0]},
                    {"backward_data_seconds", seconds[1]},
                    {"backward_weight_seconds", seconds[2]},
                    {"flops", work}});
  }
  fmt::print("convolutions of a training step: {:.0f} ms, {:.1f} images/s\n", step * 1e3,
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
  reset_peak(Device::cpu);
  const double seconds =
      median_seconds(command.repeats, [&] { training_step(model, batch, 1000, 0.001f, SolverOptions{}); });
  const double rate = static_cast<double>(command.batch) / seconds;
  const auto peak = allocator_stats(Device::cpu).peak_bytes;
  const double useful = 6.0 * static_cast<double>(model.network->multiply_adds()) * rate;
  fmt::print(
      "sphereface-{}, A-Softmax over {} classes, batch {}: {:.1f} images/s, {:.0f} ms a step, {:.0f} "
      "GFLOP/s, "
      "peak {:.2f} GiB of tensors\n",
      command.depth, command.classes, command.batch, rate, seconds * 1e3, useful * 1e-9,
      static_cast<double>(peak) / 0x1p30);
  return {{{"depth", command.depth},
           {"batch", command.batch},
           {"classes", command.classes},
           {"images_per_second", rate},
           {"peak_bytes", peak}}};
}

void add(CLI::App& bench, const std::shared_ptr<BenchCommand>& options, const char* name, const char* text,
         nlohmann::json (*run)(const BenchCommand&)) {
  CLI::App* command = bench.add_subcommand(name, text);
  options->machine.add_to(*command);
  command->add_option("--repeats", options->repeats, "timed runs, of which the median counts")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--json", options->json, "write the rows to this file");
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
    options->machine.apply();
    print_machine();
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
