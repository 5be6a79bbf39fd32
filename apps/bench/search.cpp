#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "apps/bench/bench.h"
#include "apps/bench/measure.h"
#include "apps/report/console.h"
#include "apps/search/nearest.h"
#include "kernels/cpu/parallel.h"
#include "kernels/gemm/gemm.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

// Unit rows of random directions. Every row has its own random numbers, so that threads can share them out.
Tensor random_unit_rows(std::int64_t rows, std::int64_t size, std::uint64_t seed) {
  Tensor tensor = Tensor::empty({rows, size});
  float* const values = tensor.data<float>();
  cpu::parallel_for(rows, 16, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      Random random(seed, random_stream(RandomUse::test, static_cast<std::uint64_t>(r)));
      for (std::int64_t i = 0; i < size; ++i) values[r * size + i] = random.normal();
    }
  });
  make_unit_rows(tensor);
  return tensor;
}

// What one would do without codes: all cosines by the matrix product, and the largest of them.
class ProductScan {
 public:
  ProductScan(const Tensor& rows, std::int64_t queries, Device device)
      : rows_(rows.to(device)), cosines_(Tensor::empty({queries, rows.shape()[0]}, DType::f32, device)) {}

  std::vector<std::vector<std::int64_t>> find(const Tensor& queries, std::int64_t most) {
    gemm(Transpose::no, Transpose::yes, queries.to(cosines_.device()), rows_, 0, cosines_);
    const Tensor found = cosines_.to(Device::cpu);
    const std::int64_t rows = found.shape()[1];
    std::vector<std::vector<std::int64_t>> all;
    for (std::int64_t q = 0; q < found.shape()[0]; ++q) {
      const float* const cosines = found.data<float>() + q * rows;
      std::vector<std::int64_t> best(static_cast<std::size_t>(rows));
      std::iota(best.begin(), best.end(), std::int64_t{0});
      const auto wanted = best.begin() + std::min(most, rows);
      std::ranges::partial_sort(best, wanted, std::ranges::greater(),
                                [&](std::int64_t r) { return cosines[r]; });
      best.erase(wanted, best.end());
      all.push_back(std::move(best));
    }
    return all;
  }

 private:
  Tensor rows_, cosines_;
};

}  // namespace

nlohmann::json bench_search(const BenchOptions& options) {
  const auto rows = options.rows, size = options.dim, queries = options.queries, top = options.top;
  const Device device = options.compute.device;
  const Tensor features = random_unit_rows(rows, size, 1), wanted = random_unit_rows(queries, size, 2);
  std::vector<std::int32_t> groups(static_cast<std::size_t>(rows));  // every row is somebody else
  std::iota(groups.begin(), groups.end(), 0);
  const NearestRows nearest(features, std::move(groups), device);
  ProductScan scan(features, queries, device);
  const std::vector<NearestRows::Found> found = nearest.find(wanted, top);
  std::int64_t compared = 0, agreed = 0;
  const auto of_scan = scan.find(wanted, top);
  for (std::size_t q = 0; q < found.size(); ++q) {
    compared += found[q].compared;
    for (const Match& match : found[q].matches) agreed += std::ranges::count(of_scan[q], match.row);
  }
  const std::vector<Seconds> seconds =
      seconds_in_turns(options, {[&] { nearest.find(wanted, top); }, [&] { scan.find(wanted, top); }});

  tell("{} rows of {} numbers, {} {} at a time, the best {}; milliseconds a query\n", rows, size, queries,
       queries == 1 ? "query" : "queries", top);
  tell("{:<28}{:>9}{:>9}{:>14}{:>8}\n", "", "median", "best", "MB a query", "GB/s");
  const auto line = [&](const char* name, const Seconds& taken, double bytes) {
    const double share = 1.0 / static_cast<double>(queries);
    tell("{:<28}{:9.3f}{:9.3f}{:14.1f}{:8.1f}\n", name, taken.median * share * 1e3, taken.best * share * 1e3,
         bytes * share * 1e-6, bytes / taken.median * 1e-9);
  };
  const auto row_bytes = static_cast<double>(size) * sizeof(float);
  const double coded =
      static_cast<double>(nearest.bytes_scanned()) + static_cast<double>(compared) * row_bytes;
  const double plain = static_cast<double>(rows) * row_bytes;
  line("codes, the best again", seconds[0], coded);
  line("matrix product of all", seconds[1], plain);
  tell("{:.2f} times as fast; {:.4g} rows a query compared again; {} of {} matches are the product's too\n",
       seconds[1].median / seconds[0].median, static_cast<double>(compared) / static_cast<double>(queries),
       agreed, queries * std::min(top, rows));
  return {row_of(options, {{"rows", rows},
                           {"dim", size},
                           {"queries", queries},
                           {"top", top},
                           {"seconds", seconds[0].median},
                           {"best_seconds", seconds[0].best},
                           {"bytes", coded},
                           {"compared_again", compared},
                           {"product_seconds", seconds[1].median},
                           {"product_best_seconds", seconds[1].best},
                           {"product_bytes", plain},
                           {"matches_agreed", agreed},
                           {"ratio", seconds[1].median / seconds[0].median}})};
}

}  // namespace hypersphere
