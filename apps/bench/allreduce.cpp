#include <fmt/core.h>

#include <algorithm>

#include "apps/bench/bench.h"
#include "apps/bench/measure.h"
#include "apps/bench/work.h"
#include "apps/report/console.h"
#include "tensor/share.h"

namespace hypersphere {

nlohmann::json bench_allreduce(const BenchOptions& options) {
  Communicator& ranks = *options.ranks;
  tell("{} processes by way of {}; a sum moves 2 (n - 1) / n of its message in and out of each\n",
       ranks.size(), ranks.engine());
  tell("{:>12} {:>12} {:>12} {:>12}   (GB/s of the message)\n", "bytes", "sum", "gather", "scatter sum");
  nlohmann::json rows = nlohmann::json::array();
  for (std::int64_t bytes = 4096; bytes <= std::max<std::int64_t>(4096, options.most_bytes); bytes *= 4) {
    const std::int64_t numbers = bytes / 4;
    const std::vector<std::int64_t> shares = shares_of(numbers, ranks.size());
    Tensor all = random_values({numbers}, {options.compute.device, DType::f32});
    Tensor mine =
        random_values({shares[static_cast<std::size_t>(ranks.rank())]}, {options.compute.device, DType::f32});
    // All processes do the same calls, whatever their own clocks say: as many as take the first some milliseconds.
    const auto seconds_a_call = [&](const Work& work) {
      work();
      ranks.barrier();
      Tensor calls =
          Tensor::full({1}, static_cast<float>(std::clamp(5e-3 / seconds_of(options, 1, work), 1.0, 1000.0)));
      ranks.broadcast(calls);
      std::vector<double> runs;
      for (int run = 0; run < options.repeats; ++run) {
        ranks.barrier();
        runs.push_back(seconds_of(options, static_cast<int>(calls.span<float>()[0]), work));
      }
      return median(runs);
    };
    const double sum = seconds_a_call([&] { ranks.sum(all); }),
                 gather = seconds_a_call([&] { ranks.gather_rows(mine, shares, all); }),
                 scatter = seconds_a_call([&] { ranks.scatter_sum(all, shares, mine); });
    const auto rate = [&](double seconds) { return static_cast<double>(bytes) / seconds * 1e-9; };
    tell("{:>12} {:>12.3f} {:>12.3f} {:>12.3f}\n", bytes, rate(sum), rate(gather), rate(scatter));
    show();
    rows.push_back(row_of(options, {{"processes", ranks.size()},
                                    {"engine", ranks.engine()},
                                    {"bytes", bytes},
                                    {"sum_seconds", sum},
                                    {"gather_seconds", gather},
                                    {"scatter_sum_seconds", scatter}}));
  }
  return rows;
}

}  // namespace hypersphere
