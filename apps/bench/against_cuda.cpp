// hypersphere bench ... --against cudnn | cublaslt, whose kernels this program has as engines of its own.
#include <fmt/core.h>

#include "apps/bench/against.h"
#include "apps/bench/measure.h"
#include "apps/bench/work.h"
#include "apps/report/console.h"
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

// Of one call of `work` by either.
ComparedSeconds compare(const BenchOptions& options, const Work& work) {
  const auto by = [&](bool other) {
    return [&work, other] {
      const Engine engine(other);
      work();
    };
  };
  const std::vector<double> seconds = median_seconds_in_turns(options, {by(false), by(true)});
  return {seconds[0], seconds[1]};
}

void expect_comparable(const BenchOptions& options, const std::string& problem) {
  expect(options.compute.device == Device::cuda, "--against {}: needs --device cuda", options.against);
  expect(problem.empty(), "--against {}: {}", options.against, problem);
}

}  // namespace

nlohmann::json bench_layers_against_cuda(const BenchOptions& options) {
  expect_comparable(options, cuda::cudnn_unavailable());
  nlohmann::json rows = nlohmann::json::array();
  tell("batch {}; {}\n", options.batch, comparison_unit(options));
  tell("{:34}{:26}{:26}{}\n", "layer", "forward", "backward data", "backward weight");
  ComparedSeconds step;
  double step_flops = 0;
  for (const BenchLayer& layer : bench_layer_list) {
    const LayerWork work(layer, options.batch, options.compute);
    tell("{:34}", describe(layer));
    for (int d = 0; d < 3; ++d) {
      if (d == 1 && !layer.data_gradient_wanted()) {
        tell("{:26}", "");
        continue;
      }
      const ComparedSeconds seconds = compare(options, work.directions[d]);
      step.native += layer.count * seconds.native;
      step.other += layer.count * seconds.other;
      step_flops += layer.count * work.flops;
      tell("{}    ", describe(options, seconds, work.flops));
      show();
      nlohmann::json row = row_of(layer, options.batch);
      row["kind"] = "layer";
      row["direction"] = LayerWork::direction_names[d];
      rows.push_back(row_of(options, row, seconds, work.flops));
    }
    tell("\n");
  }
  tell("convolutions of a training step: native {:.3f} ms, {} {:.3f} ms, ratio {:.2f}\n", step.native * 1e3,
       options.against, step.other * 1e3, step.ratio());
  rows.push_back(row_of(options, {{"kind", "step"}, {"batch", options.batch}}, step, step_flops));
  return rows;
}

nlohmann::json bench_gemm_against_cuda(const BenchOptions& options) {
  expect_comparable(options, cuda::cublaslt_unavailable());
  nlohmann::json rows = nlohmann::json::array();
  tell("{}\n      m       n       k\n", comparison_unit(options));
  for (const BenchProduct& product : bench_product_list) {
    const auto& [m, n, k] = product;
    const Tensor a = random_values({m, k}, options.compute), b = random_values({k, n}, options.compute);
    Tensor c = Tensor::empty({m, n}, DType::f32, options.compute.device);
    const ComparedSeconds seconds = compare(options, [&] { gemm(Transpose::no, Transpose::no, a, b, 0, c); });
    tell("{:7} {:7} {:7}  {}\n", m, n, k, describe(options, seconds, product.flops()));
    show();
    rows.push_back(
        row_of(options, {{"kind", "gemm"}, {"m", m}, {"n", n}, {"k", k}}, seconds, product.flops()));
  }
  return rows;
}

}  // namespace hypersphere
