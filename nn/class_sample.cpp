#include "nn/class_sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "tensor/random.h"
#include "tensor/share.h"

namespace hypersphere {
namespace {

// `wanted` of [0, count), ascending, with all of `certain` among them (Knuth, TAOCP volume 2, algorithm 3.4.2 S, for the others).
std::vector<std::int32_t> draw(std::int64_t count, std::int64_t wanted, const std::set<std::int64_t>& certain,
                               Random random) {
  std::vector<std::int32_t> drawn;
  drawn.reserve(static_cast<std::size_t>(wanted));
  std::int64_t open = wanted - std::ssize(certain), left = count - std::ssize(certain);
  auto next = certain.begin();
  for (std::int64_t i = 0; i < count; ++i) {
    if (next != certain.end() && *next == i) {
      ++next;
      drawn.push_back(static_cast<std::int32_t>(i));
      continue;
    }
    if (open > 0 && static_cast<std::int64_t>(random.below(static_cast<std::uint32_t>(left))) < open) {
      drawn.push_back(static_cast<std::int32_t>(i));
      --open;
    }
    --left;
  }
  return drawn;
}

}  // namespace

ClassSample draw_classes(std::span<const std::int32_t> labels, std::int64_t classes, int rank, int ranks,
                         double share, std::uint64_t seed, std::int64_t step) {
  expect(share > 0 && share <= 1, "classes: expected a share in (0, 1] to sample, found {}", share);
  ClassSample sample;
  std::set<std::int64_t> present(labels.begin(), labels.end());
  expect(present.empty() || (*present.begin() >= 0 && *present.rbegin() < classes),
         "classes: expected labels in [0, {}), found {}", classes,
         present.empty() ? 0 : (*present.begin() < 0 ? *present.begin() : *present.rbegin()));
  std::set<std::int64_t> mine;
  for (int r = 0; r < ranks; ++r) {
    const Share range = share_of(classes, r, ranks);
    const auto from = present.lower_bound(range.begin), to = present.lower_bound(range.end);
    const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(range.count())));
    sample.classes.push_back(std::max<std::int64_t>(std::distance(from, to), wanted));
    if (r != rank) continue;
    for (auto label = from; label != to; ++label) mine.insert(*label - range.begin);
  }

  const Share range = share_of(classes, rank, ranks);
  const std::int64_t count = sample.classes[static_cast<std::size_t>(rank)];
  const std::uint64_t index =
      static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(ranks) + static_cast<std::uint64_t>(rank);
  const std::vector<std::int32_t> rows =
      draw(range.count(), count, mine, Random(seed, random_stream(RandomUse::sample_classes, index)));
  sample.rows = Tensor::from<std::int32_t>(rows, {std::ssize(rows)});

  const std::int64_t first =
      std::accumulate(sample.classes.begin(), sample.classes.begin() + rank, std::int64_t{0});
  const std::int64_t elsewhere =
      first > 0 ? 0 : count;  // the first class of the first, or of the second process
  sample.labels = Tensor::empty({std::ssize(labels)}, DType::i32);
  std::int32_t* out = sample.labels.data<std::int32_t>();
  for (std::size_t b = 0; b < labels.size(); ++b) {
    const auto place = std::ranges::lower_bound(rows, static_cast<std::int32_t>(labels[b] - range.begin));
    const bool here = labels[b] >= range.begin && labels[b] < range.end;
    out[b] = static_cast<std::int32_t>(here ? first + (place - rows.begin()) : elsewhere);
  }
  return sample;
}

}  // namespace hypersphere
