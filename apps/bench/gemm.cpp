#include "kernels/gemm/gemm.h"

#include <fmt/core.h>

#include "apps/bench/bench.h"
#include "apps/bench/measure.h"
#include "apps/bench/onednn.h"
#include "apps/bench/work.h"
#include "apps/report/console.h"

namespace hypersphere {

nlohmann::json bench_gemm(const BenchOptions& options) {
  if (options.against == "onednn") {
    onednn::expect_in_this_build();
    if constexpr (onednn::in_this_build) return bench_gemm_against_onednn(options);
  }
  if (!options.against.empty()) return bench_gemm_against_cuda(options);
  nlohmann::json rows = nlohmann::json::array();
  tell("      m       n       k   {}\n", rate_unit(options));
  for (const BenchProduct& product : bench_product_list) {
    const auto& [m, n, k] = product;
    const Tensor a = random_values({m, k}, options.compute), b = random_values({k, n}, options.compute);
    Tensor c = Tensor::empty({m, n}, DType::f32, options.compute.device);
    const double seconds = median_seconds(options, [&] { gemm(Transpose::no, Transpose::no, a, b, 0, c); });
    const double rate = product.flops() / seconds;
    tell("{:7} {:7} {:7}   {}\n", m, n, k, describe_rate(options, rate));
    show();
    nlohmann::json row = {{"m", m}, {"n", n}, {"k", k}, {"flops", rate}};
    if (options.peak > 0) row["share_of_peak"] = rate / options.peak;
    rows.push_back(row_of(options, row));
  }
  return rows;
}

}  // namespace hypersphere
