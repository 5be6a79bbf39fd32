// hypersphere bench ... --against onednn: this program works in its own layout, oneDNN in the blocked one of its choice,
// into which nothing is reordered while the clock runs.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "apps/bench/against.h"
#include "apps/bench/measure.h"
#include "apps/bench/onednn.h"
#include "apps/bench/work.h"
#include "apps/report/console.h"
#include "kernels/gemm/gemm.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

void expect_cpu(const BenchOptions& options) {
  expect(options.compute.device == Device::cpu, "--against onednn: needs --device cpu");
}

struct Comparison {
  ComparedSeconds seconds;
  std::string other_name;  // of the fastest of the other library's kernels, which counts
};

Comparison compare(const BenchOptions& options, const Work& work,
                   std::vector<std::unique_ptr<onednn::Primitive>> others) {
  expect(!others.empty(), "--against onednn: it has no kernel for this");
  std::vector<Work> works = {work};
  for (const auto& other : others) works.emplace_back([&other] { other->run(); });
  const std::vector<double> seconds = median_seconds_in_turns(options, works);
  const auto fastest = std::min_element(seconds.begin() + 1, seconds.end());
  return {{seconds[0], *fastest}, others[static_cast<std::size_t>(fastest - seconds.begin() - 1)]->name()};
}

}  // namespace

nlohmann::json bench_layers_against_onednn(const BenchOptions& options) {
  expect_cpu(options);
  nlohmann::json rows = nlohmann::json::array();
  tell("batch {}; {}; counted as direct convolution\n", options.batch, comparison_unit(options));
  ComparedSeconds step;
  double step_flops = 0;
  for (const BenchLayer& layer : bench_layer_list) {
    const LayerWork work(layer, options.batch, options.compute);
    for (int d = 0; d < 3; ++d) {
      if (d == 1 && !layer.data_gradient_wanted()) continue;
      const auto direction = static_cast<cpu::ConvDirection>(d);
      const std::string algorithm =
          cpu::conv2d_choice(direction, work.x.shape(), work.w.shape(), work.options).name();
      const auto [seconds, other_name] =
          compare(options, work.directions[d], onednn::convolutions(work, direction));
      step.native += layer.count * seconds.native;
      step.other += layer.count * seconds.other;
      step_flops += layer.count * work.flops;
      tell("{:34}{:16}{}   {} : {}\n", describe(layer), LayerWork::direction_names[d],
           describe(options, seconds, work.flops), algorithm, other_name);
      show();
      nlohmann::json row = row_of(layer, options.batch);
      row["kind"] = "layer";
      row["direction"] = LayerWork::direction_names[d];
      row["native_algorithm"] = algorithm;
      row["other_algorithm"] = other_name;
      rows.push_back(row_of(options, row, seconds, work.flops));
    }
  }
  tell("{:50}{}\n", "convolutions of a training step", describe(options, step, step_flops));
  rows.push_back(row_of(options, {{"kind", "step"}, {"batch", options.batch}}, step, step_flops));
  return rows;
}

nlohmann::json bench_gemm_against_onednn(const BenchOptions& options) {
  expect_cpu(options);
  nlohmann::json rows = nlohmann::json::array();
  tell("{}\n      m       n       k\n", comparison_unit(options));
  for (const BenchProduct& product : bench_product_list) {
    const auto& [m, n, k] = product;
    const Tensor a = random_values({m, k}, options.compute), b = random_values({k, n}, options.compute);
    Tensor c = Tensor::empty({m, n});
    std::vector<std::unique_ptr<onednn::Primitive>> others;
    others.push_back(onednn::product(a, b));
    const auto [seconds, other_name] = compare(
        options, [&] { gemm(Transpose::no, Transpose::no, a, b, 0, c); }, std::move(others));
    tell("{:7} {:7} {:7}  {}   {}\n", m, n, k, describe(options, seconds, product.flops()), other_name);
    show();
    rows.push_back(row_of(options,
                          {{"kind", "gemm"}, {"m", m}, {"n", n}, {"k", k}, {"other_algorithm", other_name}},
                          seconds, product.flops()));
  }
  return rows;
}

}  // namespace hypersphere
