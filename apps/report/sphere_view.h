// The unit sphere as seen from far away: orthographic projection, and the choice of where to look from.
#pragma once

#include <array>
#include <utility>
#include <vector>

namespace hypersphere {

using Point3 = std::array<double, 3>;

/// A direction to look from. Orthographic: what is at (right, up) is drawn there, whatever its depth.
class SphereView {
 public:
  /// The axes as they are: x to the right, y up, z towards the viewer. What points in a plane need.
  SphereView() = default;
  /// From `eye`, any point but the centre, with the z axis upright (the y axis where the eye is on the z axis),
  /// then the picture turned to the left by `roll` radians. Throws Error for an eye that is not finite or at the
  /// centre.
  explicit SphereView(const Point3& eye, double roll = 0);

  /// (right, up, depth) of a point: depth is positive on the viewer's side of the centre.
  Point3 project(const Point3& point) const;

 private:
  Point3 right_{1, 0, 0}, up_{0, 1, 0}, towards_{0, 0, 1};
};

/// The view that keeps these directions (of length 1) apart on the picture and turns as many as it can to the
/// viewer: of 400 evenly spread eyes, the one with the largest (least distance between two projected directions) +
/// (their mean depth) / 2.
SphereView choose_view(const std::vector<Point3>& directions);

/// The view in which the directions come closest to the places of `models`, one a direction as project() returns
/// them (sum of squared distances), of 400 evenly spread eyes and 36 rolls each: the same identities in the same
/// places. Throws Error for unequal numbers.
SphereView choose_view_like(const std::vector<Point3>& directions, const std::vector<Point3>& models);

/// A run of points of one great circle on one side of the sphere, in (right, up).
struct GreatCirclePart {
  bool near = false;
  std::vector<std::pair<double, double>> points;
};

/// The great circle of all directions perpendicular to `pole` (not the centre), cut where it passes behind the
/// sphere.
std::vector<GreatCirclePart> great_circle(const SphereView& view, const Point3& pole);

}  // namespace hypersphere
