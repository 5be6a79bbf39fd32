#include "apps/report/ablation_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace hypersphere {

std::string folder_name(const AblationCell& cell) {
  const std::string margin = cell.margin > 0 ? fmt::format("-{}", cell.margin) : "";
  return fmt::format("sphereface-{}-{}{}-seed-{}", cell.depth, cell.head, margin, cell.seed);
}

std::string head_name(const AblationCell& cell) {
  return cell.margin > 0 ? fmt::format("{} m={}", cell.head, cell.margin) : cell.head;
}

Spread spread_of(const std::vector<double>& values) {
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  const auto count = static_cast<double>(values.size());
  Spread spread{static_cast<int>(values.size()), undefined, undefined};
  if (values.empty()) return spread;
  spread.mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() < 2) return spread;
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  spread.deviation = std::sqrt(squares / (count - 1));
  return spread;
}

int AblationRow::diverged() const {
  return static_cast<int>(
      std::ranges::count_if(cells, [](const auto& each) { return each.result && !each.figures(); }));
}

Spread AblationRow::spread(double AblationResult::*figure) const {
  std::vector<double> values;
  for (const AblationOutcome& each : cells)
    if (const AblationResult* const figures = each.figures()) values.push_back(figures->*figure);
  return spread_of(values);
}

Spread AblationRow::iterations() const {
  std::vector<double> values;
  for (const AblationOutcome& each : cells)
    if (const AblationResult* const figures = each.figures())
      values.push_back(static_cast<double>(figures->iterations));
  return spread_of(values);
}

std::vector<AblationRow> rows_of(const std::vector<AblationOutcome>& cells) {
  std::vector<AblationRow> rows;
  for (const AblationOutcome& each : cells) {
    const auto found = std::ranges::find_if(rows, [&](const AblationRow& row) {
      AblationCell same = row.first();
      same.seed = each.cell.seed;
      return same == each.cell;
    });
    if (found == rows.end())
      rows.push_back({{each}});
    else
      found->cells.push_back(each);
  }
  return rows;
}

}  // namespace hypersphere
