#include "apps/report/feature_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "apps/report/ticks.h"

namespace hypersphere {
namespace {

constexpr double bin_width = 3;  // degrees

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// The value that `share` of the values do not exceed; 0 for none.
double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

struct Axes {
  const Frame& frame;
  const AngleScale& scale;

  double x(double degrees) const { return frame.left + frame.width * std::min(1.0, degrees / scale.largest); }
  /// Of a share above the axis, or below it where negative.
  double y(double share) const {
    return frame.top + frame.height * (scale.above - share) / (scale.above + scale.below);
  }
};

// Draws bars from the axis upwards, or downwards with sign -1.
void draw_bars(Svg& svg, const Axes& axes, const std::vector<double>& values, double sign,
               std::string_view classes) {
  const std::vector<double> shares = bin_shares(values, axes.scale);
  // One outline for each run of bars that are not empty: there are no lines along the axis.
  for (std::size_t begin = 0, end; begin < shares.size(); begin = end) {
    std::vector<std::pair<double, double>> outline;
    for (end = begin; end < shares.size() && shares[end] > 0; ++end)
      for (const std::size_t edge : {end, end + 1})
        outline.emplace_back(axes.x(bin_width * static_cast<double>(edge)), axes.y(sign * shares[end]));
    if (outline.empty()) {
      ++end;
      continue;
    }
    outline.insert(outline.begin(), {outline.front().first, axes.y(0)});
    outline.emplace_back(outline.back().first, axes.y(0));
    svg.polygon(outline, classes);
  }
}

// Lines at both means, from the axis to `end`, with their numbers on the outer sides, as far as there is room.
void draw_means(Svg& svg, const Axes& axes, const std::vector<double>& within,
                const std::vector<double>& between, double sign) {
  if (within.empty()) return;
  constexpr double label_width = 50, label_height = 16;
  const Frame& frame = axes.frame;
  const double edge = sign > 0 ? frame.top : frame.bottom(), end = edge - sign * label_height;
  const double text_y = sign > 0 ? edge - 4 : edge + label_height - 2;
  struct Mark {
    double value, x;
    std::string_view kind;
  };
  Mark low{mean(within), 0, "within"}, high{mean(between), 0, "between"};
  if (low.value > high.value) std::swap(low, high);
  for (Mark* mark : {&low, &high}) {
    mark->x = axes.x(mark->value);
    svg.line(mark->x, axes.y(0), mark->x, end, fmt::format("mean {}", mark->kind));
  }
  const auto label = [&](double x, const Mark& mark, Anchor anchor) {
    svg.text(x, text_y, fmt::format("{:.1f}°", mark.value), anchor, "value");
  };
  const bool apart = high.x - low.x > label_width + 10, room_left = low.x - frame.left > label_width - 20;
  if (apart || !room_left)
    label(low.x + 5, low, Anchor::start);
  else
    label(low.x - 5, low, Anchor::end);
  if (high.x + 5 + label_width < frame.right() + 10)
    label(apart || room_left ? high.x + 5 : std::max(high.x + 5, low.x + 10 + label_width), high,
          Anchor::start);
  else
    label(high.x - 5, high, Anchor::end);
}

void draw_axes(Svg& svg, const Axes& axes, bool first) {
  const Frame& frame = axes.frame;
  const AngleScale& scale = axes.scale;
  const auto grid = [&](double share, double sign) {
    const double y = axes.y(sign * share);
    if (share > 0) svg.line(frame.left, y, frame.right(), y, "ring");
    if (first)
      svg.text(frame.left - 7, y + 5, fmt::format("{:.0f} %", std::abs(100 * share)), Anchor::end, "mark");
  };
  const std::vector<double> marks = linear_ticks(0, scale.above, 3);
  for (const double share : marks) grid(share, 1);
  for (const double share : marks)
    if (share > 0 && share <= scale.below) grid(share, -1);
  const double step = scale.largest > 150 ? 60 : 30, bottom = frame.bottom() + (scale.below > 0 ? 36 : 18);
  for (double angle = 0; angle <= scale.largest; angle += step) {
    svg.line(axes.x(angle), axes.y(0) - 3, axes.x(angle), axes.y(0) + 3, "axis");
    const bool last = angle == scale.largest;
    svg.text(axes.x(angle), bottom, fmt::format("{:.0f}°{}", angle, last && scale.beyond ? "+" : ""),
             angle == 0 ? Anchor::start
             : last     ? Anchor::end
                        : Anchor::middle,
             "mark");
  }
}

}  // namespace

std::vector<double> bin_shares(const std::vector<double>& values, const AngleScale& scale) {
  std::vector<double> shares(static_cast<std::size_t>(scale.largest / bin_width));
  for (const double value : values) {
    const auto bin = static_cast<std::size_t>(std::max(0.0, value / bin_width));
    shares[std::min(bin, shares.size() - 1)] += 1 / static_cast<double>(values.size());
  }
  return shares;
}

AngleScale common_scale(const std::vector<AngleSamples>& samples) {
  double needed = 0, largest = 0;
  for (const AngleSamples& some : samples) {
    for (const auto* values : {&some.within, &some.between}) needed = std::max(needed, quantile(*values, 1));
    for (const auto* values : {&some.within_held_out, &some.between_held_out}) {
      needed = std::max(needed, quantile(*values, 0.95));
      largest = std::max(largest, quantile(*values, 1));
    }
  }
  AngleScale scale{.largest = std::clamp(30 * std::ceil(needed / 30), 30.0, 180.0)};
  scale.beyond = largest > scale.largest;
  double above = 0, below = 0;
  const auto highest = [&](const std::vector<double>& values) {
    return std::ranges::max(bin_shares(values, scale));
  };
  for (const AngleSamples& some : samples) {
    above = std::max({above, highest(some.within), highest(some.between)});
    below = std::max({below, highest(some.within_held_out), highest(some.between_held_out)});
  }
  scale.above = std::max(0.05, above);
  scale.below = below;
  return scale;
}

void draw_histogram(Svg& svg, const Frame& frame, const AngleSamples& samples, const AngleScale& scale,
                    bool first) {
  const Axes axes{frame, scale};
  draw_axes(svg, axes, first);
  draw_bars(svg, axes, samples.between, 1, "h between");
  draw_bars(svg, axes, samples.within, 1, "h within");
  draw_bars(svg, axes, samples.between_held_out, -1, "h between hollow");
  draw_bars(svg, axes, samples.within_held_out, -1, "h within hollow");
  svg.line(frame.left, axes.y(0), frame.right(), axes.y(0), "axis");
  draw_means(svg, axes, samples.within, samples.between, 1);
  draw_means(svg, axes, samples.within_held_out, samples.between_held_out, -1);
}

}  // namespace hypersphere
