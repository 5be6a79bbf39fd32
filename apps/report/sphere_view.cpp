#include "apps/report/sphere_view.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr int candidates = 400;  // eyes

double dot(const Point3& a, const Point3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Point3 cross(const Point3& a, const Point3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Point3 unit(const Point3& v) {
  const double length = std::sqrt(dot(v, v));
  expect(std::isfinite(length) && length > 0, "sphere: a direction of length {}", length);
  return {v[0] / length, v[1] / length, v[2] / length};
}

// Two directions that are perpendicular to `v` and to each other: to its right and above it, with z upright.
std::pair<Point3, Point3> frame(const Point3& v) {
  const bool along_z = std::abs(v[0]) + std::abs(v[1]) < 1e-9;
  const Point3 right = unit(cross(along_z ? Point3{0, 1, 0} : Point3{0, 0, 1}, v));
  return {right, cross(v, right)};
}

// Evenly spread directions: the golden-angle spiral (Swinbank and Purser, "Fibonacci grids", 2006).
Point3 spread(int index, int count) {
  const double z = 1 - (2.0 * index + 1) / count, radius = std::sqrt(1 - z * z);
  const double angle = index * std::numbers::pi * (3 - std::sqrt(5.0));
  return {radius * std::cos(angle), radius * std::sin(angle), z};
}

double score(const SphereView& view, const std::vector<Point3>& directions) {
  std::vector<Point3> seen;
  double depth = 0, least = 2;
  for (const Point3& direction : directions) {
    seen.push_back(view.project(direction));
    depth += seen.back()[2];
    for (std::size_t i = 0; i + 1 < seen.size(); ++i)
      least = std::min(least, std::hypot(seen[i][0] - seen.back()[0], seen[i][1] - seen.back()[1]));
  }
  return least + 0.5 * depth / static_cast<double>(directions.size());
}

}  // namespace

SphereView::SphereView(const Point3& eye, double roll) : towards_(unit(eye)) {
  const auto [right, up] = frame(towards_);
  const double c = std::cos(roll), s = std::sin(roll);
  for (std::size_t i = 0; i < right.size(); ++i) {
    right_[i] = c * right[i] - s * up[i];
    up_[i] = s * right[i] + c * up[i];
  }
}

Point3 SphereView::project(const Point3& point) const {
  return {dot(point, right_), dot(point, up_), dot(point, towards_)};
}

SphereView choose_view(const std::vector<Point3>& directions) {
  SphereView best;
  double best_score = -std::numeric_limits<double>::infinity();
  for (int i = 0; i < candidates && !directions.empty(); ++i) {
    const SphereView view(spread(i, candidates));
    const double found = score(view, directions);
    if (found > best_score) {
      best = view;
      best_score = found;
    }
  }
  return best;
}

SphereView choose_view_like(const std::vector<Point3>& directions, const std::vector<Point3>& models) {
  expect(directions.size() == models.size(), "sphere: {} directions and {} places for them",
         directions.size(), models.size());
  constexpr int rolls = 36;
  SphereView best;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < candidates * rolls; ++i) {
    const SphereView view(spread(i / rolls, candidates), 2 * std::numbers::pi * (i % rolls) / rolls);
    double distance = 0;
    for (std::size_t k = 0; k < directions.size(); ++k) {
      const Point3 seen = view.project(directions[k]);
      for (std::size_t axis = 0; axis < seen.size(); ++axis)
        distance += (seen[axis] - models[k][axis]) * (seen[axis] - models[k][axis]);
    }
    if (distance < least) {
      best = view;
      least = distance;
    }
  }
  return best;
}

std::vector<GreatCirclePart> great_circle(const SphereView& view, const Point3& pole) {
  constexpr int steps = 96;
  const auto [a, b] = frame(unit(pole));
  std::vector<Point3> seen;
  for (int i = 0; i <= steps; ++i) {
    const double angle = 2 * std::numbers::pi * i / steps, c = std::cos(angle), s = std::sin(angle);
    seen.push_back(view.project({c * a[0] + s * b[0], c * a[1] + s * b[1], c * a[2] + s * b[2]}));
  }
  std::vector<GreatCirclePart> parts;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const bool near = seen[i][2] >= 0;
    if (parts.empty() || parts.back().near != near) {
      // Where the sides meet, the run that ends and the one that begins share a point.
      GreatCirclePart part{.near = near, .points = {}};
      if (!parts.empty()) part.points.push_back(parts.back().points.back());
      parts.push_back(std::move(part));
    }
    parts.back().points.emplace_back(seen[i][0], seen[i][1]);
  }
  return parts;
}

}  // namespace hypersphere
