#include "apps/report/markers.h"

#include <cmath>
#include <numbers>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using Outline = std::vector<std::pair<double, double>>;

// `corners` points on a circle, the first one at `turn` of a whole turn clockwise from the top; every second one
// at `inner` times the radius.
Outline regular(int corners, double turn, double inner = 1) {
  Outline outline;
  for (int i = 0; i < corners; ++i) {
    const double angle = 2 * std::numbers::pi * (turn + static_cast<double>(i) / corners);
    const double radius = i % 2 ? inner : 1;
    outline.emplace_back(radius * std::sin(angle), -radius * std::cos(angle));
  }
  return outline;
}

// Two bars across each other, each `half` wide on either side of its axis, turned clockwise by `turn`.
Outline crossed_bars(double half, double turn) {
  const Outline upright = {{-half, -1}, {half, -1}, {half, -half}, {1, -half}, {1, half},   {half, half},
                           {half, 1},   {-half, 1}, {-half, half}, {-1, half}, {-1, -half}, {-half, -half}};
  const double c = std::cos(2 * std::numbers::pi * turn), s = std::sin(2 * std::numbers::pi * turn);
  Outline outline;
  for (const auto& [x, y] : upright) outline.emplace_back(c * x - s * y, s * x + c * y);
  return outline;
}

Outline shape(int marker) {
  switch (marker) {
    case 0:
      return regular(16, 0);
    case 1:
      return regular(4, 0.125);
    case 2:
      return regular(3, 0);
    case 3:
      return regular(4, 0);
    case 4:
      return crossed_bars(0.36, 0);
    case 5:
      return regular(3, 0.5);
    case 6:
      return regular(10, 0, 0.45);
    case 7:
      return crossed_bars(0.36, 0.125);
    case 8:
      return regular(3, 0.75);
    case 9:
      return regular(3, 0.25);
    default:
      fail("markers: expected 0 to {}, found {}", marker_count - 1, marker);
  }
}

// Twice the area, by the shoelace formula.
double twice_area(const Outline& outline) {
  double sum = 0;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const auto& [x1, y1] = outline[i];
    const auto& [x2, y2] = outline[(i + 1) % outline.size()];
    sum += x1 * y2 - x2 * y1;
  }
  return std::abs(sum);
}

}  // namespace

std::vector<std::pair<double, double>> marker_outline(int marker) {
  Outline outline = shape(marker);
  const double scale = std::sqrt(2 * std::numbers::pi / twice_area(outline));
  for (auto& [x, y] : outline) x *= scale, y *= scale;
  return outline;
}

}  // namespace hypersphere
