#include "apps/training/hold_out.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "tensor/error.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

// Epochs use small indices, pairs 2^47.
constexpr std::uint64_t identities_stream = (std::uint64_t{1} << 47) + 1;
constexpr std::uint64_t photographs_stream = (std::uint64_t{1} << 47) + 2;

}  // namespace

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
  Random random(seed, random_stream(RandomUse::shuffle, identities_stream));
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    std::swap(names[i], names[i + random.below(static_cast<std::uint32_t>(names.size() - i))]);
  const auto split = names.begin() + count;
  Dataset held = dataset;
  keep_identities(held, {names.begin(), split});
  keep_identities(dataset, {split, names.end()});
  return held;
}

std::vector<Photograph> hold_out_photographs(Dataset& dataset, double share, std::uint64_t seed) {
  expect(share > 0 && share < 1, "hold-out: expected a share of the photographs between 0 and 1, found {}",
         share);
  std::vector<std::vector<std::size_t>> of_identity(dataset.identities.size());
  for (std::size_t i = 0; i < dataset.photographs.size(); ++i)
    of_identity[static_cast<std::size_t>(dataset.photographs[i].label)].push_back(i);
  Random random(seed, random_stream(RandomUse::shuffle, photographs_stream));
  std::vector<bool> held(dataset.photographs.size(), false);
  for (std::vector<std::size_t>& own : of_identity) {
    const std::int64_t there = std::ssize(own);
    if (there < 3) continue;
    const std::int64_t wanted = std::llround(share * static_cast<double>(there));
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(wanted, 1, there - 2));
    for (std::size_t i = 0; i < count; ++i) {
      std::swap(own[i], own[i + random.below(static_cast<std::uint32_t>(own.size() - i))]);
      held[own[i]] = true;
    }
  }
  std::vector<Photograph> set_aside, kept;
  for (std::size_t i = 0; i < held.size(); ++i)
    (held[i] ? set_aside : kept).push_back(std::move(dataset.photographs[i]));
  dataset.photographs = std::move(kept);
  expect(!set_aside.empty(),
         "hold-out: nobody has the three photographs that it takes to set one aside and to train on two");
  return set_aside;
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
