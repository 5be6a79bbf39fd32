// Shapes that tell the points of a scatter plot apart without colour.
#pragma once

#include <utility>
#include <vector>

namespace hypersphere {

inline constexpr int marker_count = 10;

/// The outline of shape `marker` in [0, marker_count), as a closed polygon about (0, 0) with y downwards: circle,
/// square, triangle, diamond, plus, triangle upside down, star, cross, triangle to the left, triangle to the right.
/// All have the area of a circle of radius 1, so that none seems to weigh more. Throws Error for another number.
std::vector<std::pair<double, double>> marker_outline(int marker);

}  // namespace hypersphere
