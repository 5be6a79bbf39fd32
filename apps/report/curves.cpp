#include "apps/report/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tensor/error.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

using nlohmann::json;

double number(const json& row, std::string_view key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? found->get<double>()
                                                  : std::numeric_limits<double>::quiet_NaN();
}

Series read_series(const std::vector<json>& rows, std::string_view kind, std::string_view key,
                   std::string name) {
  Series series;
  series.name = std::move(name);
  for (const json& row : rows) {
    if (!row.contains("kind") || row["kind"] != kind || !std::isfinite(number(row, "iteration"))) continue;
    series.x.push_back(number(row, "iteration"));
    series.y.push_back(number(row, key));
  }
  return series;
}

bool has_values(const Series& series) {
  return std::any_of(series.y.begin(), series.y.end(), [](double y) { return std::isfinite(y); });
}

// The raw values, faint, behind their moving average.
void add_smoothed(Panel& panel, Series raw) {
  if (!has_values(raw)) return;
  Series smoothed = raw;
  // A fiftieth of the run evens out the noise of single batches and still shows each step of the learning
  // rate.
  smoothed.y = smooth(raw.y, static_cast<double>(raw.y.size()) / 50);
  raw.style = LineStyle::faint;
  panel.series.push_back(std::move(raw));
  panel.series.push_back(std::move(smoothed));
}

void add(Panel& panel, Series series) {
  if (has_values(series)) panel.series.push_back(std::move(series));
}

Panel panel(std::string title, std::string y_label) {
  return {.title = std::move(title), .x_label = "iteration", .y_label = std::move(y_label), .series = {}};
}

}  // namespace

std::vector<Panel> learning_curves(const std::vector<json>& rows) {
  Panel loss = panel("Loss", "cross entropy");
  add_smoothed(loss, read_series(rows, "train", "loss", "training, smoothed"));

  Panel accuracy = panel("Training accuracy", "share correct");
  add_smoothed(accuracy, read_series(rows, "train", "accuracy", "training batches, smoothed"));

  Panel validation = panel("Validation", "share correct");
  Series folds = read_series(rows, "validation", "accuracy", "pairs, threshold from the other folds");
  folds.points = true;
  add(validation, std::move(folds));
  add(validation, read_series(rows, "validation", "best_threshold_accuracy", "best single threshold"));
  Panel schedule = panel("Schedules", "");
  schedule.log_y = true;
  add(schedule, read_series(rows, "train", "learning_rate", "learning rate"));
  add(schedule, read_series(rows, "train", "lambda", "lambda"));

  double first = 0, last = 0;
  for (const Panel* each : {&loss, &accuracy, &validation, &schedule})
    for (const Series& series : each->series)
      for (const double x : series.x) {
        first = std::min(first, x);
        last = std::max(last, x);
      }

  // The baseline does not depend on the iteration: it is a level to cross, also where there is one validation
  // only.
  const Series pixels = read_series(rows, "validation", "raw_pixels", "raw pixels");
  if (const auto level =
          std::find_if(pixels.y.rbegin(), pixels.y.rend(), [](double y) { return std::isfinite(y); });
      level != pixels.y.rend())
    validation.series.push_back(
        {.name = pixels.name, .x = {first, last}, .y = {*level, *level}, .style = LineStyle::dashed});

  std::vector<Panel> panels;
  for (Panel* each : {&loss, &accuracy, &validation, &schedule}) {
    if (each->series.empty()) continue;
    // One scale for all, so that what happens at one iteration stands on one vertical line.
    if (first < last) each->x_range = {first, last};
    panels.push_back(std::move(*each));
  }
  return panels;
}

void draw_curves(const std::vector<json>& rows, const std::filesystem::path& path) {
  const std::vector<Panel> panels = learning_curves(rows);
  expect(!panels.empty(), "curves: none of the log's {} rows has anything to draw in '{}'", rows.size(),
         path.string());
  write_file_atomically(path, render_svg(panels));
}

Panel roc_panel(const std::vector<RocCurve>& curves) {
  expect(!curves.empty(), "roc: no curve to draw");
  Panel panel{
      .title = "ROC", .x_label = "false positive rate", .y_label = "true positive rate", .series = {}};
  panel.log_x = true;
  double smallest = 0.1;
  for (const RocCurve& curve : curves) {
    expect(curve.fpr.size() == curve.tpr.size() && !curve.fpr.empty(),
           "roc: curve '{}' has {} false and {} true positive rates", curve.name, curve.fpr.size(),
           curve.tpr.size());
    for (const double fpr : curve.fpr)
      if (fpr > 0) smallest = std::min(smallest, fpr);
  }
  // Left of the smallest rate there is room to see the true positive rate without any false one, which has no
  // place on a logarithmic axis: it is drawn at the left edge.
  const double lowest = std::max(smallest / 2, 1e-4);
  for (const RocCurve& curve : curves) {
    Series series{.name = curve.name, .x = curve.fpr, .y = curve.tpr};
    for (double& fpr : series.x) fpr = std::max(fpr, lowest);
    panel.series.push_back(std::move(series));
  }
  Series chance{.name = "chance", .x = {}, .y = {}, .style = LineStyle::dashed};
  for (int i = 0; i <= 100; ++i) chance.x.push_back(std::pow(lowest, 1 - i / 100.0));
  chance.y = chance.x;
  panel.series.push_back(std::move(chance));
  panel.x_range = {lowest, 1};
  panel.y_range = {0, 1.02};  // the line along 1 must not be cut in half
  return panel;
}

void draw_roc(const std::vector<RocCurve>& curves, const std::filesystem::path& path) {
  write_file_atomically(path, render_svg({roc_panel(curves)}, 900, 420));
}

std::vector<double> smooth(const std::vector<double>& values, double half_life) {
  if (half_life <= 0) return values;
  const double keep = std::exp2(-1 / half_life);
  std::vector<double> sums(values.size()), weights(values.size());
  // From the left with each value itself, then from the right without it.
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool counts = std::isfinite(values[i]);
    sum = keep * sum + (counts ? values[i] : 0);
    weight = keep * weight + counts;
    sums[i] = sum;
    weights[i] = weight;
  }
  sum = weight = 0;
  for (std::size_t i = values.size(); i-- > 0;) {
    const bool counts = std::isfinite(values[i]);
    sums[i] += keep * sum;
    weights[i] += keep * weight;
    sum = keep * sum + (counts ? values[i] : 0);
    weight = keep * weight + counts;
    if (!counts) {
      sums[i] = values[i];
      weights[i] = 1;
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) sums[i] /= weights[i];
  return sums;
}

}  // namespace hypersphere
