#include "apps/report/ablation_chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr double gap = std::numeric_limits<double>::quiet_NaN();

// A series whose points are added one by one, and how many seeds they stand for.
struct Line {
  Series series;
  int fewest = 0, most = 0;

  void add(double x, const AblationRow& row) {
    const Spread spread = row.spread(&AblationResult::accuracy);
    add(x, 100 * spread.mean, 100 * spread.deviation);
    if (spread.count == 0) return;
    fewest = most == 0 ? spread.count : std::min(fewest, spread.count);
    most = std::max(most, spread.count);
  }
  void interrupt() { add(gap, gap, gap); }

 private:
  void add(double x, double y, double spread) {
    series.x.push_back(x);
    series.y.push_back(y);
    series.spread.push_back(spread);
  }
};

Line line_of(const std::string& name) { return {.series = {.name = name, .x = {}, .y = {}, .points = true}}; }

template <class T>
void add_once(std::vector<T>& values, const T& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

std::vector<int> depths_of(const std::vector<AblationRow>& rows) {
  std::vector<int> depths;
  for (const AblationRow& row : rows) add_once(depths, row.first().depth);
  std::ranges::sort(depths);
  return depths;
}

// Names the lines and moves them a little aside, so that bars at one mark do not cover each other.
Panel panel_of(std::string title, std::string x_label, std::vector<Line> lines,
               std::vector<std::pair<double, std::string>> marks) {
  expect(!lines.empty(), "ablation: no rows to draw");
  Panel panel{.title = std::move(title),
              .x_label = std::move(x_label),
              .y_label = "verification accuracy, %",
              .series = {}};
  const double distance = std::min(0.06, 0.3 / static_cast<double>(lines.size()));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Line& line = lines[i];
    const double aside = distance * (static_cast<double>(i) - 0.5 * static_cast<double>(lines.size() - 1));
    for (double& x : line.series.x) x += aside;
    line.series.name += line.fewest == line.most ? fmt::format(", n = {}", line.most)
                                                 : fmt::format(", n = {} to {}", line.fewest, line.most);
    panel.series.push_back(std::move(line.series));
  }
  panel.x_range = {-0.5, static_cast<double>(marks.size()) - 0.5};
  panel.x_marks = std::move(marks);
  return panel;
}

}  // namespace

Panel accuracy_by_margin(const std::vector<AblationRow>& rows) {
  // The heads without a margin by their names, then the margins.
  std::vector<AblationCell> places;
  for (const AblationRow& row : rows)
    add_once(places, {.depth = 0, .head = row.first().head, .margin = row.first().margin, .seed = 0});
  std::ranges::stable_sort(places, {}, &AblationCell::margin);
  std::vector<std::pair<double, std::string>> marks;
  for (const AblationCell& place : places)
    marks.emplace_back(static_cast<double>(marks.size()),
                       place.margin > 0 ? fmt::format("m = {}", place.margin) : place.head);

  std::vector<Line> lines;
  for (const int depth : depths_of(rows)) {
    Line line = line_of(fmt::format("sphereface-{}", depth));
    for (std::size_t i = 0; i < places.size(); ++i)
      for (const AblationRow& row : rows)
        if (row.first().depth == depth && row.first().head == places[i].head &&
            row.first().margin == places[i].margin) {
          line.add(static_cast<double>(i), row);
          if (places[i].margin == 0) line.interrupt();
        }
    lines.push_back(std::move(line));
  }
  return panel_of("Accuracy against the margin",
                  "head, or margin m of the A-Softmax; bars: standard deviation over n seeds",
                  std::move(lines), std::move(marks));
}

Panel accuracy_by_depth(const std::vector<AblationRow>& rows) {
  const std::vector<int> depths = depths_of(rows);
  std::vector<std::pair<double, std::string>> marks;
  for (const int depth : depths)
    marks.emplace_back(static_cast<double>(marks.size()), fmt::format("sphereface-{}", depth));

  std::vector<std::string> heads;
  for (const AblationRow& row : rows) add_once(heads, head_name(row.first()));
  std::vector<Line> lines;
  for (const std::string& head : heads) {
    Line line = line_of(head);
    for (std::size_t i = 0; i < depths.size(); ++i)
      for (const AblationRow& row : rows)
        if (row.first().depth == depths[i] && head_name(row.first()) == head)
          line.add(static_cast<double>(i), row);
    lines.push_back(std::move(line));
  }
  return panel_of("Accuracy against the depth", "network; bars: standard deviation over n seeds",
                  std::move(lines), std::move(marks));
}

}  // namespace hypersphere
