#include "apps/report/rank_curves.h"

#include <algorithm>
#include <utility>

#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr std::pair shares = {0.0, 1.02};  // the line along 1 must not be cut in half

void check(const std::vector<Series>& curves, const char* what) {
  expect(!curves.empty(), "{}: no curve to draw", what);
  for (const Series& curve : curves)
    expect(!curve.x.empty() && curve.x.size() == curve.y.size(), "{}: curve '{}' has {} x and {} y values",
           what, curve.name, curve.x.size(), curve.y.size());
}

double largest_x(const std::vector<Series>& curves, double at_least) {
  for (const Series& curve : curves) at_least = std::max(at_least, *std::ranges::max_element(curve.x));
  return at_least;
}

// For a logarithmic axis: what lies left of `lowest` stands there.
void raise(std::vector<Series>& curves, double lowest) {
  for (Series& curve : curves)
    for (double& x : curve.x) x = std::max(x, lowest);
}

}  // namespace

Panel cmc_panel(std::vector<Series> curves, double candidates) {
  check(curves, "cmc");
  const double last = largest_x(curves, 2);
  Panel panel{.title = "Identification (CMC)",
              .x_label = "rank",
              .y_label = "share of probes found",
              .series = std::move(curves)};
  for (Series& curve : panel.series) curve.points = true;
  Series chance{.name = "chance", .x = {}, .y = {}, .style = LineStyle::dashed};
  for (double rank = 1; rank <= last; ++rank) {
    chance.x.push_back(rank);
    chance.y.push_back(std::min(1.0, rank / candidates));
  }
  panel.series.push_back(std::move(chance));
  panel.x_range = {1, last};
  panel.y_range = shares;
  return panel;
}

Panel distractor_panel(std::vector<Series> curves) {
  check(curves, "distractors");
  raise(curves, 1);
  Panel panel{.title = "Rank-1 among distractors",
              .x_label = "distractors in the gallery (none at the left edge)",
              .y_label = "share of probes found first",
              .series = std::move(curves),
              .log_x = true};
  for (Series& curve : panel.series) curve.points = true;
  panel.x_range = {1, largest_x(panel.series, 10)};
  panel.y_range = shares;
  return panel;
}

Panel detection_panel(std::vector<Series> curves) {
  check(curves, "detection");
  double smallest = 0.1;
  for (const Series& curve : curves)
    for (const double far : curve.x)
      if (far > 0) smallest = std::min(smallest, far);
  const double lowest = std::max(smallest / 2, 1e-4);
  raise(curves, lowest);
  Panel panel{.title = "Detection and identification",
              .x_label = "false alarm rate",
              .y_label = "known people identified",
              .series = std::move(curves),
              .log_x = true};
  panel.x_range = {lowest, 1};
  panel.y_range = shares;
  return panel;
}

}  // namespace hypersphere
