// The panels of a feature grid, each drawn into its place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/report/feature_style.h"
#include "apps/report/sphere_view.h"
#include "apps/report/svg.h"

namespace hypersphere {

/// Photographs and class weights in a panel; a plane is the plane z = 0.
struct FeatureScene {
  std::vector<Point3> points;        ///< one a photograph
  std::vector<std::int32_t> labels;  ///< one a photograph
  std::vector<bool> hollow;          ///< one a photograph
  std::vector<Point3> weights;       ///< of length 1, one an identity
  SphereView view;
};

/// The points in their own scale, the one furthest from the middle at the border, with rings and what lies between
/// two of them, and rays to the border.
void draw_feature_panel(Svg& svg, const Frame& frame, const FeatureScene& scene);

/// The points moved to the unit circle, hollow ones to a circle of their own inside of it, where they do not hide
/// the gaps; or, with `sphere`, all of them to the unit sphere, with great circles. Points at the origin are left
/// out.
void draw_unit_panel(Svg& svg, const Frame& frame, const FeatureScene& scene, bool sphere);

/// A marker of an identity's shape and colour, as in the panels.
void draw_marker(Svg& svg, double x, double y, double radius, std::int32_t identity,
                 std::string_view more_classes);

}  // namespace hypersphere
