#include "apps/search/nearest.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "apps/search/best_groups.h"
#include "kernels/a_softmax/a_softmax.h"
#include "kernels/cpu/parallel.h"
#include "kernels/row_codes/row_codes.h"

namespace hypersphere {
namespace {

std::span<const float> row_of(const Tensor& rows, std::int64_t row) {
  const std::int64_t size = rows.shape()[1];
  return {rows.data<float>() + row * size, static_cast<std::size_t>(size)};
}

// The first row for which holds(row), or -1.
template <class Predicate>
std::int64_t first_row(const Tensor& rows, const Predicate& holds) {
  const std::int64_t count = rows.shape()[0];
  std::atomic<std::int64_t> first = count;
  cpu::parallel_for(count, 1 << 6, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r)
      if (holds(r)) {
        std::int64_t found = first;
        while (r < found && !first.compare_exchange_weak(found, r)) {
        }
        return;
      }
  });
  return first < count ? first.load() : -1;
}

void expect_unit_rows(const Tensor& rows, const char* what) {
  expect(rows.defined() && rows.dtype() == DType::f32 && rows.shape().rank() == 2 &&
             rows.device() == Device::cpu,
         "search: expected {} of f32 [N, D] on the cpu, found {}", what, describe(rows));
  const auto length = [&](std::int64_t r) {
    return std::sqrt(exact_cosine(row_of(rows, r), row_of(rows, r)));
  };
  const std::int64_t wrong = first_row(rows, [&](std::int64_t r) {
    const double found = length(r);
    return found != 0 && !(found >= 2 - longest_unit_row && found <= longest_unit_row);  // so for a NaN
  });
  if (wrong >= 0)
    fail("search: expected {} of length 1 or 0, found {} in row {}", what, length(wrong), wrong);
}

}  // namespace

double exact_cosine(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t lanes = 8;  // independent sums, or each addition would wait for the one before
  double sums[lanes] = {};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes)
    for (std::size_t l = 0; l < lanes; ++l)
      sums[l] += static_cast<double>(a[i + l]) * static_cast<double>(b[i + l]);
  for (; i < a.size(); ++i) sums[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

std::int64_t make_unit_rows(Tensor& rows) {
  const std::int64_t wrong = first_row(rows, [&](std::int64_t r) {
    return !std::ranges::all_of(row_of(rows, r), [](float value) { return std::isfinite(value); });
  });
  if (wrong >= 0) return wrong;
  Tensor length = Tensor::empty({rows.shape()[0]});
  normalise_rows(rows, rows, length);
  return -1;
}

struct NearestRows::Query {
  std::span<const float> features;
  const float* cosines = nullptr;         // with every row, from the codes
  double error = 0;                       // of encode_rows
  const std::int32_t* without = nullptr;  // the group that does not count, where there is one
};

NearestRows::NearestRows(Tensor features, std::vector<std::int32_t> groups, Device device)
    : features_(std::move(features)), groups_(std::move(groups)) {
  expect_unit_rows(features_, "features");
  const std::int64_t rows = features_.shape()[0];
  expect(std::ssize(groups_) == rows, "search: {} rows, but the groups of {}", rows, groups_.size());
  codes_ = Tensor::empty(features_.shape(), DType::u8, device);
  scale_ = Tensor::empty({rows}, DType::f32, device);
  Tensor error = Tensor::empty({rows}, DType::f32, device);
  constexpr std::int64_t some = 1 << 16;  // on the way to a device, so that it need not hold the features
  for (std::int64_t first = 0; first < rows; first += some) {
    const std::int64_t count = std::min(some, rows - first);
    Tensor codes = codes_.slice(first, count), scale = scale_.slice(first, count),
           part = error.slice(first, count);
    encode_rows(features_.slice(first, count).to(device), codes, scale, part);
  }
  const Tensor on_cpu = error.to(Device::cpu);
  error_.assign(on_cpu.span<float>().begin(), on_cpu.span<float>().end());
}

std::int64_t NearestRows::bytes_scanned() const {
  return static_cast<std::int64_t>(codes_.bytes() + scale_.bytes() + error_.size() * sizeof(float));
}

NearestRows::Found NearestRows::pick(const Query& query, std::int64_t most) const {
  const std::int64_t rows = std::ssize(groups_);
  // code_slack() is linear in the row's error.
  const double slack = code_slack(query.error, 0), slope = code_slack(query.error, 1) - slack;
  const auto counts = [&](std::int64_t r) {
    return query.without == nullptr || groups_[static_cast<std::size_t>(r)] != *query.without;
  };
  const auto slack_of = [&](std::int64_t r) {
    return slack + slope * static_cast<double>(error_[static_cast<std::size_t>(r)]);
  };
  BestGroups certain(most);
  for (std::int64_t r = 0; r < rows; ++r) {
    const double lower = static_cast<double>(query.cosines[r]) - slack_of(r);
    if (lower > certain.threshold() && counts(r))
      certain.offer(groups_[static_cast<std::size_t>(r)], {r, lower});
  }
  std::vector<Match> possible;  // with their upper bounds
  for (std::int64_t r = 0; r < rows; ++r) {
    const double upper = static_cast<double>(query.cosines[r]) + slack_of(r);
    if (upper >= certain.threshold() && counts(r)) possible.push_back({r, upper});
  }
  std::ranges::sort(possible, std::ranges::greater(), &Match::cosine);
  BestGroups best(most);
  Found found;
  for (const Match& match : possible) {
    if (match.cosine < best.threshold()) break;
    best.offer(groups_[static_cast<std::size_t>(match.row)],
               {match.row, exact_cosine(query.features, row_of(features_, match.row))});
    ++found.compared;
  }
  found.matches = best.matches();
  return found;
}

std::vector<NearestRows::Found> NearestRows::find(const Tensor& queries, std::int64_t most,
                                                  std::span<const std::int32_t> without) const {
  expect(most >= 1, "search: expected to be asked for 1 match or more, found {}", most);
  expect_unit_rows(queries, "queries");
  const std::int64_t count = queries.shape()[0], rows = std::ssize(groups_), size = features_.shape()[1];
  expect(queries.shape()[1] == size, "search: the gallery's rows have {} numbers, the queries {}", size,
         queries.shape()[1]);
  expect(without.empty() || std::ssize(without) == count, "search: {} queries, but {} groups to leave out",
         count, without.size());
  std::vector<Found> all(static_cast<std::size_t>(count));
  const std::int64_t some =
      std::clamp<std::int64_t>((std::int64_t{1} << 24) / std::max<std::int64_t>(1, rows), 1, 64);
  for (std::int64_t first = 0; first < count; first += some) {
    const std::int64_t part = std::min(some, count - first);
    const Tensor features = queries.slice(first, part);
    const Device device = codes_.device();
    Tensor codes = Tensor::empty({part, size}, DType::u8, device),
           scale = Tensor::empty({part}, DType::f32, device);
    Tensor error = Tensor::empty({part}, DType::f32, device),
           cosines = Tensor::empty({part, rows}, DType::f32, device);
    encode_rows(features.to(device), codes, scale, error);
    code_cosines(codes, scale, codes_, scale_, cosines);
    const Tensor found = cosines.to(Device::cpu), errors = error.to(Device::cpu);
    cpu::parallel_for(part, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t q = begin; q < end; ++q)
        all[static_cast<std::size_t>(first + q)] =
            pick({row_of(features, q), found.data<float>() + q * rows,
                  static_cast<double>(errors.data<float>()[q]),
                  without.empty() ? nullptr : &without[static_cast<std::size_t>(first + q)]},
                 most);
    });
  }
  return all;
}

}  // namespace hypersphere
