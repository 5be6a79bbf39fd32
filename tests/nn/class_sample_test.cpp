#include "nn/class_sample.h"

#include <algorithm>
#include <numeric>

#include "tensor/share.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

std::vector<std::int32_t> values_of(const Tensor& tensor) {
  const auto span = tensor.span<std::int32_t>();
  return {span.begin(), span.end()};
}

}  // namespace

TEST_CASE("class_sample: every process has its share, all labels among them, and numbers them alike") {
  const std::vector<std::int32_t> labels = {99, 0, 50, 50, 33, 34};
  for (const int ranks : {1, 2, 3, 7})
    for (const double share : {0.01, 0.1, 0.5, 1.0}) {
      CAPTURE(ranks);
      CAPTURE(share);
      std::vector<std::int64_t> classes;
      std::vector<int> homes(labels.size(), 0);
      std::int64_t first = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        const ClassSample sample = draw_classes(labels, 100, rank, ranks, share, 1, 2);
        const Share range = share_of(100, rank, ranks);
        const std::vector<std::int32_t> rows = values_of(sample.rows), mapped = values_of(sample.labels);
        CHECK(std::ranges::is_sorted(rows));
        CHECK(std::ranges::adjacent_find(rows) == rows.end());
        CHECK((rows.front() >= 0 && rows.back() < range.count()));
        CHECK(std::ssize(rows) == sample.classes[static_cast<std::size_t>(rank)]);
        CHECK(std::ssize(rows) >= static_cast<std::int64_t>(share * static_cast<double>(range.count())));
        if (rank == 0) classes = sample.classes;
        CHECK(sample.classes == classes);  // everybody says the same of everybody
        const std::int64_t all = std::accumulate(classes.begin(), classes.end(), std::int64_t{0});
        for (std::size_t b = 0; b < labels.size(); ++b) {
          const bool here = labels[b] >= range.begin && labels[b] < range.end;
          const std::int64_t place = mapped[b] - first;
          CHECK((mapped[b] >= 0 && mapped[b] < all));
          CHECK((place >= 0 && place < std::ssize(rows)) == here);
          if (!here) continue;
          ++homes[b];
          CHECK(rows[static_cast<std::size_t>(place)] + range.begin == labels[b]);
        }
        first += std::ssize(rows);
      }
      CHECK(std::ranges::count(homes, 1) == std::ssize(homes));
    }
}

TEST_CASE(
    "class_sample: the same draw for the same seed and step, others for others, and nobody is left out for "
    "long") {
  const std::vector<std::int32_t> labels = {3};
  const auto rows = [&](std::uint64_t seed, std::int64_t step) {
    return values_of(draw_classes(labels, 60, 0, 1, 0.25, seed, step).rows);
  };
  CHECK(rows(1, 1) == rows(1, 1));
  CHECK(rows(1, 1) != rows(1, 2));
  CHECK(rows(1, 1) != rows(2, 1));
  std::vector<int> seen(60, 0);
  constexpr int steps = 2000;
  for (int step = 0; step < steps; ++step)
    for (const std::int32_t row : rows(7, step)) ++seen[static_cast<std::size_t>(row)];
  CHECK(seen[3] == steps);
  for (std::size_t k = 0; k < seen.size();
       ++k)  // 14 of 59: 474.6 times of 2,000, with a standard deviation of 19
    if (k != 3) CHECK(std::abs(seen[k] - steps * 14.0 / 59) < 5 * 19);
}

TEST_CASE("class_sample: a share or a label that is none") {
  const std::vector<std::int32_t> labels = {3}, wrong = {4}, negative = {-1};
  for (const double share : {0.0, -1.0, 1.1})
    CHECK_THROWS_WITH_AS(draw_classes(labels, 4, 0, 1, share, 1, 1), doctest::Contains("a share in (0, 1]"),
                         Error);
  CHECK_THROWS_WITH_AS(draw_classes(wrong, 4, 0, 1, 0.5, 1, 1),
                       doctest::Contains("labels in [0, 4), found 4"), Error);
  CHECK_THROWS_WITH_AS(draw_classes(negative, 4, 0, 1, 0.5, 1, 1), doctest::Contains("found -1"), Error);
}

}  // namespace hypersphere
