#include "apps/data/loader.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "apps/bench/bench.h"
#include "apps/bench/measure.h"
#include "apps/report/console.h"
#include "apps/report/stopwatch.h"

namespace hypersphere {
namespace {

struct LoaderRates {
  double cold = 0, warm = 0;  // photographs a second: decoded, and copied from the memory of decoded ones
  std::size_t left_out = 0;
};

LoaderRates measure(const Dataset& dataset, const LoaderOptions& options) {
  constexpr double long_enough = 0.3;  // so that the batches which wait ready at the start do not count
  const std::int64_t photographs = std::ssize(dataset.photographs);
  Loader loader(dataset, options);
  LoaderRates rates;
  std::int64_t taken = 0;
  const Stopwatch first_epoch;
  for (; taken < photographs; taken += options.batch) loader.next();
  rates.cold = static_cast<double>(taken) / first_epoch.seconds();
  taken = 0;
  const Stopwatch more;
  for (; more.seconds() < long_enough; taken += options.batch) loader.next();
  rates.warm = static_cast<double>(taken) / more.seconds();
  rates.left_out = loader.skipped().size();
  return rates;
}

}  // namespace

nlohmann::json bench_loader(const BenchOptions& options) {
  Dataset dataset = read_folder(options.data);
  if (std::ssize(dataset.photographs) > options.photographs)
    dataset.photographs.resize(static_cast<std::size_t>(options.photographs));
  LoaderOptions loader;
  loader.framing = options.framing;
  loader.batch = std::min(options.batch, std::ssize(dataset.photographs));
  loader.threads = options.loader_threads;
  // One epoch that does not count: from then on, the system has the files in memory.
  const std::size_t left_out = measure(dataset, loader).left_out;
  tell("{} photographs, batch {}; photographs/s by decoding threads\n", dataset.photographs.size(),
       loader.batch);
  if (left_out > 0) tell("{} of them cannot be decoded\n", left_out);
  const bool compared = options.training_rate > 0;
  tell("{:>7}{:>12}{:>12}{}\n", "threads", "decoded", "from memory",
       compared ? fmt::format("   decoded, times the {:.4g}/s of training", options.training_rate) : "");
  nlohmann::json rows = nlohmann::json::array();
  for (int threads = 1; threads <= options.loader_threads; ++threads) {
    loader.threads = threads;
    std::vector<double> cold, warm;
    for (int i = 0; i < options.repeats; ++i) {
      const LoaderRates rates = measure(dataset, loader);
      cold.push_back(rates.cold);
      warm.push_back(rates.warm);
    }
    const double decoded = median(std::move(cold)), copied = median(std::move(warm));
    tell("{:7}{:12.1f}{:12.1f}{}\n", threads, decoded, copied,
         compared ? fmt::format("{:10.2f}", decoded / options.training_rate) : "");
    show();
    nlohmann::json row = {{"loader_threads", threads},
                          {"photographs", dataset.photographs.size()},
                          {"batch", loader.batch},
                          {"decoded_per_second", decoded},
                          {"from_memory_per_second", copied}};
    if (compared) row["times_training"] = decoded / options.training_rate;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace hypersphere
