#include "apps/training/hold_out.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tensor/error.h"
#include "tensor/random.h"

namespace hypersphere {

Dataset hold_out(Dataset& dataset, double share, std::uint64_t seed) {
  const std::int64_t identities = std::ssize(dataset.identities);
  const auto wanted = static_cast<std::int64_t>(std::llround(share * static_cast<double>(identities)));
  const std::int64_t count = std::max<std::int64_t>(2, wanted);
  expect(share > 0 && share < 1 && identities - count >= 2,
         "hold-out: cannot set aside {} of {} identities and train on two or more; use a share between 0 and "
         "1 and "
         "more identities",
         share, identities);
  std::vector<std::string> names = dataset.identities;
  Random random(seed, random_stream(RandomUse::shuffle,
                                    (std::uint64_t{1} << 47) + 1));  // epochs use small indices, pairs 2^47
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    std::swap(names[i], names[i + random.below(static_cast<std::uint32_t>(names.size() - i))]);
  const auto split = names.begin() + count;
  Dataset held = dataset;
  keep_identities(held, {names.begin(), split});
  keep_identities(dataset, {split, names.end()});
  return held;
}

PairList held_out_pairs(const Dataset& held_out, const std::filesystem::path& data_dir, std::uint64_t seed) {
  if (auto pairs = make_fitting_pairs(held_out, data_dir, seed)) return *std::move(pairs);
  fail(
      "hold-out: the {} photographs of {} held-out identities do not give 10 matched and 10 mismatched "
      "pairs; hold out "
      "more identities, or name pairs with --val-pairs",
      held_out.photographs.size(), held_out.identities.size());
}

}  // namespace hypersphere
