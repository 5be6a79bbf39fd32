#include "apps/report/plot.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "apps/report/style.h"
#include "apps/report/svg.h"
#include "apps/report/ticks.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

using Point = std::pair<double, double>;

constexpr int colours = 7;  // of the style sheet
constexpr double right_margin = 24, bottom_margin = 50, title_height = 40, legend_height = 20;
constexpr double mark_distance_x = 80, mark_distance_y = 30;  // at least so many pixels between marks
constexpr double overhang = 4;                                // lines and dots on the border are drawn whole
constexpr double cap = 4;                                     // half the width of an error bar's ends

// One direction of a panel: which values, on which pixels.
struct Axis {
  double low = 0, high = 1, pixel_low = 0, pixel_high = 1;
  bool log = false;
  std::vector<double> ticks{};
  double step = 0;  // between ticks, 0 when logarithmic

  double pixel(double value) const {
    const double share = log ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low);
    return pixel_low + share * (pixel_high - pixel_low);
  }
  bool shows(double value) const { return std::isfinite(value) && (!log || value > 0); }
  std::string label(double tick) const { return tick_label(tick, step); }
};

// How far the error bar of a point reaches; 0 where it has none.
double spread_at(const Series& series, std::size_t i) {
  return !series.spread.empty() && std::isfinite(series.spread[i]) ? series.spread[i] : 0;
}

Axis make_axis(const Panel& panel, bool vertical) {
  Axis axis;
  axis.log = vertical ? panel.log_y : panel.log_x;
  if (const auto& range = vertical ? panel.y_range : panel.x_range) {
    axis.low = range->first;
    axis.high = range->second;
    expect(axis.low < axis.high && std::isfinite(axis.low) && std::isfinite(axis.high) &&
               (!axis.log || axis.low > 0),
           "plot: panel '{}' cannot show the range {} to {}{}", panel.title, axis.low, axis.high,
           axis.log ? " on a logarithmic axis" : "");
    return axis;
  }
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Series& series : panel.series) {
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const double value = vertical ? series.y[i] : series.x[i];
      if (!axis.shows(value)) continue;
      const double spread = vertical ? spread_at(series, i) : 0;
      low = std::min(low, axis.shows(value - spread) ? value - spread : value);
      high = std::max(high, value + spread);
    }
  }
  if (low > high) low = high = 1;  // no values: an empty panel still gets its axes
  // Some air above and below the lines; none at their ends. A single value needs a range to stand in.
  if (axis.log) {
    const double factor = low == high ? 2 : vertical ? std::pow(high / low, 0.06) : 1;
    axis.low = low / factor;
    axis.high = high * factor;
  } else {
    const double air = low == high ? (low == 0 ? 0.5 : 0.1 * std::abs(low))
                       : vertical  ? 0.06 * (high - low)
                                   : 0;
    axis.low = low - air;
    axis.high = high + air;
    if (low >= 0 && axis.low < 0 && low != high) axis.low = 0;  // air must not invent negative values
  }
  return axis;
}

void place(Axis& axis, double pixel_low, double pixel_high, double spacing) {
  axis.pixel_low = pixel_low;
  axis.pixel_high = pixel_high;
  const int wanted = std::max(2, static_cast<int>(std::abs(pixel_high - pixel_low) / spacing));
  axis.ticks = axis.log ? log_ticks(axis.low, axis.high, wanted) : linear_ticks(axis.low, axis.high, wanted);
  axis.step = axis.log || axis.ticks.size() < 2 ? 0 : axis.ticks[1] - axis.ticks[0];
}

// Draws a run of neighbouring points, a dot where there is one only; filled down to `down_to` where given. Where
// several fall on one column of pixels, its first, lowest, highest and last give the same picture: a log of a
// million rows still makes a small file.
void draw_run(Svg& svg, const std::vector<Point>& run, std::string_view classes, int colour,
              std::optional<double> down_to) {
  if (run.empty()) return;
  if (run.size() == 1) svg.circle(run[0].first, run[0].second, 2, fmt::format("dot c{}", colour));
  std::vector<Point> kept;
  for (std::size_t begin = 0, end; begin < run.size(); begin = end) {
    const double column = std::floor(run[begin].first);
    for (end = begin + 1; end < run.size() && std::floor(run[end].first) == column;) ++end;
    const auto [lowest, highest] = std::minmax_element(
        run.begin() + static_cast<std::ptrdiff_t>(begin), run.begin() + static_cast<std::ptrdiff_t>(end),
        [](const Point& a, const Point& b) { return a.second < b.second; });
    std::size_t keep[] = {begin, static_cast<std::size_t>(lowest - run.begin()),
                          static_cast<std::size_t>(highest - run.begin()), end - 1};
    std::sort(std::begin(keep), std::end(keep));
    const auto unique_end = std::unique(std::begin(keep), std::end(keep));
    for (auto index = std::begin(keep); index != unique_end; ++index) kept.push_back(run[*index]);
  }
  if (down_to) {
    std::vector<Point> outline = kept;
    outline.emplace_back(kept.back().first, *down_to);
    outline.emplace_back(kept.front().first, *down_to);
    svg.polygon(outline, fmt::format("area c{}", colour));
  }
  svg.polyline(kept, classes);
}

// From one end of a point's spread to the other. On a logarithmic axis the lower end may have no place: the bar goes on
// to the border then.
void draw_bar(Svg& svg, const Point& at, double value, double spread, const Axis& y, int colour) {
  const std::string classes = fmt::format("bar c{}", colour);
  const double upper = y.pixel(value + spread);
  const bool ends = y.shows(value - spread);
  const double lower = ends ? y.pixel(value - spread) : y.pixel_low;
  svg.line(at.first, lower, at.first, upper, classes);
  svg.line(at.first - cap, upper, at.first + cap, upper, classes);
  if (ends) svg.line(at.first - cap, lower, at.first + cap, lower, classes);
}

void draw_series(Svg& svg, const Series& series, const Axis& x, const Axis& y, int colour) {
  const std::string classes = fmt::format("line c{}{}", colour,
                                          series.style == LineStyle::dashed  ? " dashed"
                                          : series.style == LineStyle::faint ? " faint"
                                                                             : "");
  const auto down_to = series.style == LineStyle::filled ? std::optional(y.pixel_low) : std::nullopt;
  std::vector<Point> run;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (x.shows(series.x[i]) && y.shows(series.y[i])) {
      run.emplace_back(x.pixel(series.x[i]), y.pixel(series.y[i]));
      if (const double spread = spread_at(series, i); spread > 0)
        draw_bar(svg, run.back(), series.y[i], spread, y, colour);
      if (series.points) svg.circle(run.back().first, run.back().second, 3.5, fmt::format("dot c{}", colour));
      continue;
    }
    draw_run(svg, run, classes, colour, down_to);
    run.clear();
  }
  draw_run(svg, run, classes, colour, down_to);
}

struct LegendEntry {
  const Series* series;
  int colour;
  double x, row;  // row 0 stands beside the title
};

// Right-aligned beside the title where it fits, else in rows below it.
std::vector<LegendEntry> place_legend(const Panel& panel, const std::vector<int>& colour_of, double left,
                                      double right) {
  constexpr double sample = 30, gap = 18;  // the line in front of a name, the space after it
  std::vector<LegendEntry> entries;
  double width = 0;
  for (std::size_t i = 0; i < panel.series.size(); ++i) {
    const Series& series = panel.series[i];
    if (series.name.empty() || series.style == LineStyle::faint) continue;
    entries.push_back({&series, colour_of[i], width, 0});
    width += sample + text_width(series.name) + gap;
  }
  const double beside_title = right - (width - gap);
  if (beside_title >= left + 1.35 * text_width(panel.title) + 2 * gap) {
    for (LegendEntry& entry : entries) entry.x += beside_title;
    return entries;
  }
  double x = left, row = 1;
  for (LegendEntry& entry : entries) {
    const double needed = sample + text_width(entry.series->name);
    if (x > left && x + needed > right) {
      x = left;
      ++row;
    }
    entry.x = x;
    entry.row = row;
    x += needed + gap;
  }
  return entries;
}

void draw_legend(Svg& svg, const std::vector<LegendEntry>& legend, double top) {
  for (const LegendEntry& entry : legend) {
    const double y = top + 24 + entry.row * legend_height;
    const bool dashed = entry.series->style == LineStyle::dashed;
    if (entry.series->style == LineStyle::filled)
      svg.rect(entry.x, y - 4, 22, 6, fmt::format("area c{}", entry.colour));
    svg.polyline({{entry.x, y - 4}, {entry.x + 22, y - 4}},
                 fmt::format("line c{}{}", entry.colour, dashed ? " dashed" : ""));
    if (entry.series->points) svg.circle(entry.x + 11, y - 4, 3.5, fmt::format("dot c{}", entry.colour));
    svg.text(entry.x + 30, y, entry.series->name, Anchor::start, "name");
  }
}

// Pixels left of the plot: as many as the marks' labels need. They depend on the plot's height, which a
// legend below the title lowers; fewer marks are never wider, so the height without one serves.
double left_margin(const Panel& panel, double height) {
  Axis y = make_axis(panel, true);
  place(y, height - bottom_margin, title_height, mark_distance_y);
  double widest = 0;
  for (const double tick : y.ticks) widest = std::max(widest, text_width(y.label(tick)));
  return std::max(56.0, widest + 40);
}

void draw_panel(Svg& svg, const Panel& panel, double top, double left, double right, double height) {
  std::vector<int> colour_of;
  int next_colour = 0;
  for (const Series& series : panel.series) {
    colour_of.push_back(next_colour % colours);
    if (series.style != LineStyle::faint) ++next_colour;  // a faint one shares the colour of the next
  }

  Axis x = make_axis(panel, false), y = make_axis(panel, true);
  const double bottom = top + height - bottom_margin;
  const auto legend = place_legend(panel, colour_of, left, right);
  const double upper = top + title_height + (legend.empty() ? 0 : legend.back().row * legend_height);
  place(y, bottom, upper, mark_distance_y);
  place(x, left, right, mark_distance_x);

  for (const double tick : y.ticks) {
    svg.line(left, y.pixel(tick), right, y.pixel(tick), "grid");
    svg.text(left - 8, y.pixel(tick) + 4, y.label(tick), Anchor::end, "mark");
  }
  auto marks = panel.x_marks;
  if (marks.empty())
    for (const double tick : x.ticks) marks.emplace_back(tick, x.label(tick));
  for (const auto& [at, label] : marks) {
    svg.line(x.pixel(at), upper, x.pixel(at), bottom, "grid");
    svg.line(x.pixel(at), bottom, x.pixel(at), bottom + 4, "axis");
    svg.text(x.pixel(at), bottom + 18, label, Anchor::middle, "mark");
  }
  svg.line(left, bottom, right, bottom, "axis");
  svg.text(left, top + 24, panel.title, Anchor::start, "title");
  svg.text((left + right) / 2, bottom + 38, panel.x_label, Anchor::middle, "label");
  svg.text(18, (upper + bottom) / 2, panel.y_label, Anchor::middle, "label", true);
  draw_legend(svg, legend, top);

  svg.begin_clip(left - overhang, upper - overhang, right - left + 2 * overhang,
                 bottom - upper + 2 * overhang);
  for (std::size_t i = 0; i < panel.series.size(); ++i) draw_series(svg, panel.series[i], x, y, colour_of[i]);
  svg.end_clip();
}

}  // namespace

std::string render_svg(const std::vector<Panel>& panels, double width, double panel_height) {
  expect(width >= 320 && panel_height >= 160,
         "plot: {} x {} pixels are too few for a panel; 320 x 160 is the least", width, panel_height);
  double left = 0;
  for (const Panel& panel : panels) {
    for (const Series& series : panel.series) {
      expect(series.x.size() == series.y.size(), "plot: series '{}' has {} x and {} y values", series.name,
             series.x.size(), series.y.size());
      expect(series.spread.empty() || series.spread.size() == series.y.size(),
             "plot: series '{}' has {} y values and {} spreads", series.name, series.y.size(),
             series.spread.size());
    }
    left = std::max(left, left_margin(panel, panel_height));  // one for all: equal x stand below each other
  }
  const double height = panel_height * static_cast<double>(panels.size());
  Svg svg(width, height, style_sheet());
  svg.rect(0, 0, width, height, "page");
  for (std::size_t i = 0; i < panels.size(); ++i)
    draw_panel(svg, panels[i], panel_height * static_cast<double>(i), left, width - right_margin,
               panel_height);
  return svg.document();
}

}  // namespace hypersphere
