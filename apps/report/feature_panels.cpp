#include "apps/report/feature_panels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "apps/report/markers.h"
#include "apps/report/style.h"
#include "apps/report/ticks.h"

namespace hypersphere {
namespace {

constexpr double point_radius = 4, padding = 14;
constexpr double inner_circle = 0.85;  // radius at which held-out photographs stand in the unit circle

double length(const Point3& p) { return std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]); }
Point3 scaled(const Point3& p, double factor) { return {p[0] * factor, p[1] * factor, p[2] * factor}; }

// The unit ball in the middle of a frame.
struct Ball {
  Ball(const Frame& frame, const SphereView& seen_from)
      : x((frame.left + frame.right()) / 2),
        y((frame.top + frame.bottom()) / 2),
        radius(std::min(frame.width, frame.height) / 2 - padding),
        view(seen_from) {}

  std::pair<double, double> place(double right, double up) const {
    return {x + radius * right, y - radius * up};
  }

  double x, y, radius;
  SphereView view;
};

struct Seen {
  double x = 0, y = 0;
  bool far = false;
};

Seen see(const Ball& ball, const Point3& point) {
  const auto [right, up, depth] = ball.view.project(point);
  const auto [x, y] = ball.place(right, up);
  return {x, y, depth < -1e-9};
}

std::string_view far_class(bool far) { return far ? " far" : ""; }

void draw_rays(Svg& svg, const Ball& ball, const FeatureScene& scene, bool far) {
  for (std::size_t identity = 0; identity < scene.weights.size(); ++identity) {
    const Seen tip = see(ball, scene.weights[identity]);
    if (tip.far != far) continue;
    svg.line(ball.x, ball.y, tip.x, tip.y,
             fmt::format("ray c{}{}", identity % colour_count, far_class(far)));
  }
}

// In which order the photographs are drawn: those behind first; otherwise one of each identity in turn, so that none
// covers all of another.
std::vector<std::size_t> drawing_order(const FeatureScene& scene) {
  std::vector<std::size_t> order(scene.points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<std::size_t> seen(scene.weights.size()), turn(scene.points.size());
  for (std::size_t i = 0; i < order.size(); ++i) turn[i] = seen[static_cast<std::size_t>(scene.labels[i])]++;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return turn[i]; });
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return scene.view.project(scene.points[i])[2]; });
  return order;
}

void draw_points(Svg& svg, const Ball& ball, const FeatureScene& scene, double scale, bool far) {
  for (const std::size_t i : drawing_order(scene)) {
    const Seen seen = see(ball, scaled(scene.points[i], scale));
    if (seen.far != far) continue;
    draw_marker(svg, seen.x, seen.y, point_radius, scene.labels[i],
                fmt::format("{}{}", scene.hollow[i] ? " hollow" : "", far_class(far)));
  }
}

// Lines of a globe, which help the eye and mean nothing: its axis leans towards the viewer, in every panel alike.
std::vector<GreatCirclePart> globe() {
  constexpr double lean = 0.4, meridians = 3;
  const SphereView view(Point3{std::cos(lean), 0, std::sin(lean)});
  std::vector<GreatCirclePart> lines = great_circle(view, {0, 0, 1});
  for (double i = 0; i < meridians; ++i) {
    const double turn = (i + 0.25) / meridians * std::numbers::pi;
    for (GreatCirclePart& part : great_circle(view, {std::cos(turn), std::sin(turn), 0}))
      lines.push_back(std::move(part));
  }
  return lines;
}

}  // namespace

void draw_marker(Svg& svg, double x, double y, double radius, std::int32_t identity,
                 std::string_view more_classes) {
  const std::string classes = fmt::format("p c{}{}", identity % colour_count, more_classes);
  const int marker = identity % marker_count;
  if (marker == 0) return svg.circle(x, y, radius, classes);
  auto outline = marker_outline(marker);
  for (auto& [right, down] : outline) {
    right = x + radius * right;
    down = y + radius * down;
  }
  svg.polygon(outline, classes);
}

void draw_feature_panel(Svg& svg, const Frame& frame, const FeatureScene& scene) {
  double longest = 0;  // as it is seen
  for (const Point3& point : scene.points) {
    const Point3 seen = scene.view.project(point);
    longest = std::max(longest, std::hypot(seen[0], seen[1]));
  }
  if (longest == 0) longest = 1;
  const Ball ball(frame, scene.view);
  const std::vector<double> ticks = linear_ticks(0, longest, 4);
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 0;
  for (const double tick : ticks)
    if (tick > 0) svg.circle(ball.x, ball.y, ball.radius * tick / longest, "ring");
  for (const bool far : {true, false}) {
    draw_rays(svg, ball, scene, far);
    draw_points(svg, ball, scene, 1 / longest, far);
  }
  svg.text(frame.right() - 8, frame.bottom() - 8, "rings: " + tick_label(step, step), Anchor::end, "mark");
}

void draw_unit_panel(Svg& svg, const Frame& frame, const FeatureScene& scene, bool sphere) {
  const Ball ball(frame, scene.view);
  FeatureScene unit = scene;
  unit.points.clear();
  unit.labels.clear();
  unit.hollow.clear();
  bool inner = false;
  for (std::size_t i = 0; i < scene.points.size(); ++i) {
    const double norm = length(scene.points[i]);
    if (norm == 0) continue;
    const bool inside = !sphere && scene.hollow[i];
    inner |= inside;
    unit.points.push_back(scaled(scene.points[i], (inside ? inner_circle : 1) / norm));
    unit.labels.push_back(scene.labels[i]);
    unit.hollow.push_back(scene.hollow[i]);
  }
  const std::vector<GreatCirclePart> lines = sphere ? globe() : std::vector<GreatCirclePart>();
  svg.circle(ball.x, ball.y, ball.radius, "rim");
  if (inner) svg.circle(ball.x, ball.y, ball.radius * inner_circle, "ring");
  for (const bool far : {true, false}) {
    for (const GreatCirclePart& part : lines) {
      if (part.near == far) continue;
      std::vector<std::pair<double, double>> places;
      for (const auto& [right, up] : part.points) places.push_back(ball.place(right, up));
      svg.polyline(places, fmt::format("globe{}", far_class(far)));
    }
    draw_rays(svg, ball, unit, far);
    draw_points(svg, ball, unit, 1, far);
  }
}

}  // namespace hypersphere
