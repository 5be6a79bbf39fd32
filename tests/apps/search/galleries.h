// Galleries for the tests of the search, and the search as naively as possible.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "apps/search/nearest.h"
#include "tests/support.h"

namespace hypersphere::test {

/// Random directions, of length 1 up to rounding.
inline Tensor random_unit_rows(std::int64_t rows, std::int64_t size) {
  Tensor tensor = random_tensor({rows, size});
  REQUIRE(make_unit_rows(tensor) == -1);
  return tensor;
}

/// Points on the unit circle, by their angles in degrees.
inline Tensor at_angles(const std::vector<double>& degrees) {
  std::vector<float> values;
  for (const double angle : degrees)
    for (const double value : {std::cos(angle * M_PI / 180), std::sin(angle * M_PI / 180)})
      values.push_back(static_cast<float>(value));
  return Tensor::from(values, {std::ssize(degrees), 2});
}

/// Every row's cosine in double, the best row of each group, all groups sorted. Rows of the group `without` do not count.
inline std::vector<Match> naive_search(const Tensor& rows, const std::vector<std::int32_t>& groups,
                                       const Tensor& query, std::int64_t most,
                                       const std::int32_t* without = nullptr) {
  const std::int64_t size = rows.shape()[1];
  const auto better = [](const Match& a, const Match& b) {
    return a.cosine != b.cosine ? a.cosine > b.cosine : a.row < b.row;
  };
  std::map<std::int32_t, Match> best;
  for (std::int64_t r = 0; r < rows.shape()[0]; ++r) {
    Match match{r, 0};
    for (std::int64_t i = 0; i < size; ++i)
      match.cosine +=
          static_cast<double>(rows.data<float>()[r * size + i]) * static_cast<double>(query.data<float>()[i]);
    const std::int32_t group = groups[static_cast<std::size_t>(r)];
    if (without != nullptr && group == *without) continue;
    const auto [own, first] = best.emplace(group, match);
    if (!first && better(match, own->second)) own->second = match;
  }
  std::vector<Match> matches;
  for (const auto& [group, match] : best) matches.push_back(match);
  std::ranges::sort(matches, better);
  if (std::ssize(matches) > most) matches.resize(static_cast<std::size_t>(most));
  return matches;
}

}  // namespace hypersphere::test
