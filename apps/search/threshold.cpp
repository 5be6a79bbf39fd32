#include "apps/search/threshold.h"

#include <algorithm>
#include <cmath>

#include "tensor/error.h"

namespace hypersphere {

std::vector<float> nearest_strangers(const NearestRows& gallery, std::int64_t most) {
  const std::int64_t rows = std::ssize(gallery.groups()), count = std::min(rows, most);
  const std::int64_t size = gallery.features().shape()[1];
  Tensor sample = Tensor::empty({count, size});
  std::vector<std::int32_t> groups;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t row = i * rows / count;
    std::copy_n(gallery.features().data<float>() + row * size, size, sample.data<float>() + i * size);
    groups.push_back(gallery.groups()[static_cast<std::size_t>(row)]);
  }
  std::vector<float> strangers;
  for (const NearestRows::Found& found : gallery.find(sample, 1, groups))
    for (const Match& match : found.matches) strangers.push_back(static_cast<float>(match.cosine));
  std::ranges::sort(strangers, std::ranges::greater());
  return strangers;
}

double threshold_of(const std::vector<float>& strangers, double false_accept) {
  expect(!strangers.empty(),
         "threshold: the gallery shows one person only; nothing says how alike strangers are");
  expect(false_accept >= 0 && false_accept <= 1, "threshold: expected a share of 0 to 1, found {}",
         false_accept);
  // A share such as 0.07 of 100 is 7, though 100 * 0.07 is a little more or less in binary.
  const double before = std::floor(static_cast<double>(strangers.size()) * false_accept * (1 + 1e-12));
  const auto index = static_cast<std::size_t>(before);
  return index < strangers.size() ? static_cast<double>(strangers[index]) : -1;
}

std::string doubt_of(std::int64_t people, double false_accept) {
  constexpr double enough = 3;
  const double above = static_cast<double>(people) * false_accept;
  if (above >= enough) return {};
  const std::string who = fmt::format("{:.3g} % of {} people", 100 * false_accept, people);
  if (above < 1)
    return fmt::format(
        "{} is not even one: the threshold is the most alike two of them are, and says little about others",
        who);
  return fmt::format("{} is fewer than {:.0f}: another gallery's threshold may differ much", who, enough);
}

}  // namespace hypersphere
