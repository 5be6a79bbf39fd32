// Work shared out over processes.
#pragma once

#include <cstdint>
#include <vector>

namespace hypersphere {

/// [begin, end) of `count` items that `ranks` processes share, as even as can be: the first ranks have the larger shares.
struct Share {
  std::int64_t begin, end;
  constexpr std::int64_t count() const { return end - begin; }
};
constexpr Share share_of(std::int64_t count, int rank, int ranks) {
  const std::int64_t each = count / ranks, more = count % ranks;
  const auto begin_of = [=](std::int64_t r) { return r * each + (r < more ? r : more); };
  return {begin_of(rank), begin_of(rank + 1)};
}
/// The counts of all ranks.
inline std::vector<std::int64_t> shares_of(std::int64_t count, int ranks) {
  std::vector<std::int64_t> all;
  for (int rank = 0; rank < ranks; ++rank) all.push_back(share_of(count, rank, ranks).count());
  return all;
}

}  // namespace hypersphere
