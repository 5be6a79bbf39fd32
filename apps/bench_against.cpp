// hypersphere bench ... --against: this program's kernels and another library's in one run, since what a GPU
// reaches depends on its clock and temperature at the time.

#include <fmt/core.h>

#include <cstdio>
#include <utility>

#include "apps/bench_support.h"
#include "kernels/cuda/settings.h"
#include "kernels/gemm/gemm.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

// Uses the other library, or not, while it is alive.
class Engine {
 public:
  explicit Engine(bool other) {
    cuda::set_conv_engine(other && cuda::cudnn_unavailable().empty() ? cuda::ConvEngine::cudnn
                                                                     : cuda::ConvEngine::native);
    cuda::set_gemm_engine(other && cuda::cublaslt_unavailable().empty() ? cuda::GemmEngine::cublaslt
                                                                        : cuda::GemmEngine::native);
  }
  ~Engine() {
    cuda::set_conv_engine(cuda::ConvEngine::native);
    cuda::set_gemm_engine(cuda::GemmEngine::native);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
};

struct Seconds {
  double native, other;
};

// Of one call of `work` by either, in turns; medians.
Seconds compare(const BenchCommand& command, const std::function<void()>& work) {
  int calls[2];
  std::vector<double> seconds[2];
  for (const bool other : {false, true}) {
    const Engine engine(other);
    calls[other] = calls_for(command, work);
  }
  for (int i = 0; i < command.repeats; ++i)
    for (const bool other : {false, true}) {
      const Engine engine(other);
      seconds[other].push_back(seconds_of(command, calls[other], work));
    }
  return {median(std::move(seconds[0])), median(std::move(seconds[1]))};
}

void expect_comparable(const BenchCommand& command, const std::string& problem) {
  expect(command.compute.device == Device::cuda, "--against {}: needs --device cuda", command.against);
  expect(problem.empty(), "--against {}: {}", command.against, problem);
}

nlohmann::json add_seconds(nlohmann::json row, const BenchCommand& command, const Seconds& seconds,
                           double flops) {
  row["against"] = command.against;
  row["native_seconds"] = seconds.native;
  row["other_seconds"] = seconds.other;
  row["native_flops_per_second"] = flops / seconds.native;
  row["other_flops_per_second"] = flops / seconds.other;
  row["ratio"] = seconds.other / seconds.native;
  return row_of(command, std::move(row));
}

std::string describe(const Seconds& seconds, double flops) {
  return fmt::format("{:7.1f} {:7.1f} {:6.2f}", flops / seconds.native * 1e-12, flops / seconds.other * 1e-12,
                     seconds.other / seconds.native);
}

}  // namespace

nlohmann::json bench_layers_against(const BenchCommand& command) {
  expect_comparable(command, cuda::cudnn_unavailable());
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("batch {}; TFLOP/s native, TFLOP/s of {}, their ratio\n", command.batch, command.against);
  fmt::print("{:34}{:26}{:26}{}\n", "layer", "forward", "backward data", "backward weight");
  Seconds step = {0, 0};
  for (const BenchLayer& layer : bench_layer_list) {
    const LayerWork work(layer, command.batch, command.compute);
    fmt::print("{:34}", describe(layer));
    for (int d = 0; d < 3; ++d) {
      if (layer.in == 3 && d == 1) {  // nobody needs the gradient of the photographs
        fmt::print("{:26}", "");
        continue;
      }
      const Seconds seconds = compare(command, work.directions[d]);
      step.native += layer.count * seconds.native;
      step.other += layer.count * seconds.other;
      fmt::print("{}    ", describe(seconds, work.flops));
      std::fflush(stdout);
      rows.push_back(add_seconds({{"kind", "layer"},
                                  {"direction", LayerWork::direction_names[d]},
                                  {"in", layer.in},
                                  {"out", layer.out},
                                  {"height", layer.height},
                                  {"width", layer.width},
                                  {"stride", layer.stride},
                                  {"count", layer.count},
                                  {"batch", command.batch}},
                                 command, seconds, work.flops));
    }
    fmt::print("\n");
  }
  fmt::print("convolutions of a training step: native {:.3f} ms, {} {:.3f} ms, ratio {:.2f}\n",
             step.native * 1e3, command.against, step.other * 1e3, step.other / step.native);
  double flops = 0;
  for (const auto& row : rows)
    flops += row["count"].get<double>() * row["native_flops_per_second"].get<double>() *
             row["native_seconds"].get<double>();
  rows.push_back(add_seconds({{"kind", "step"}, {"batch", command.batch}}, command, step, flops));
  return rows;
}

nlohmann::json bench_gemm_against(const BenchCommand& command) {
  expect_comparable(command, cuda::cublaslt_unavailable());
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("TFLOP/s native, TFLOP/s of {}, their ratio\n      m       n       k\n", command.against);
  for (const auto& [m, n, k] : bench_product_list) {
    const Tensor a = random_values({m, k}, command.compute), b = random_values({k, n}, command.compute);
    Tensor c = Tensor::empty({m, n}, DType::f32, command.compute.device);
    const Seconds seconds = compare(command, [&] { gemm(Transpose::no, Transpose::no, a, b, 0, c); });
    const double flops = 2.0 * static_cast<double>(m * n * k);
    fmt::print("{:7} {:7} {:7}  {}\n", m, n, k, describe(seconds, flops));
    rows.push_back(add_seconds({{"kind", "gemm"}, {"m", m}, {"n", n}, {"k", k}}, command, seconds, flops));
  }
  return rows;
}

}  // namespace hypersphere
