#include "apps/report/markers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/error.h"

using namespace hypersphere;

namespace {

// Whether a point is inside, by counting the edges to its right.
bool inside(const std::vector<std::pair<double, double>>& outline, double x, double y) {
  bool in = false;
  for (std::size_t i = 0, k = outline.size() - 1; i < outline.size(); k = i++) {
    const auto& [x1, y1] = outline[i];
    const auto& [x2, y2] = outline[k];
    if ((y1 > y) != (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1) in = !in;
  }
  return in;
}

// The pixels of a 200 x 200 raster of [-2, 2] squared that the marker covers.
std::vector<bool> raster(int marker) {
  const auto outline = marker_outline(marker);
  std::vector<bool> pixels;
  for (int row = 0; row < 200; ++row)
    for (int column = 0; column < 200; ++column)
      pixels.push_back(inside(outline, (column + 0.5) / 50 - 2, (row + 0.5) / 50 - 2));
  return pixels;
}

}  // namespace

TEST_CASE("markers: each covers the area of a circle of radius 1") {
  for (int marker = 0; marker < marker_count; ++marker) {
    CAPTURE(marker);
    const auto pixels = raster(marker);
    const double area = static_cast<double>(std::ranges::count(pixels, true)) / (50 * 50);
    CHECK(area == doctest::Approx(std::numbers::pi).epsilon(0.03));
    CHECK(inside(marker_outline(marker), 0.01, 0.02));
  }
}

TEST_CASE("markers: no two are alike") {
  for (int a = 0; a < marker_count; ++a)
    for (int b = 0; b < a; ++b) {
      CAPTURE(a);
      CAPTURE(b);
      const auto first = raster(a), second = raster(b);
      int common = 0, either = 0;
      for (std::size_t i = 0; i < first.size(); ++i) {
        common += first[i] && second[i];
        either += first[i] || second[i];
      }
      CHECK(common < 0.85 * either);
    }
}

TEST_CASE("markers: triangles point where they are said to") {
  const auto extreme = [](int marker, double dx, double dy) {  // how far it reaches in a direction
    double reach = 0;
    for (const auto& [x, y] : marker_outline(marker)) reach = std::max(reach, x * dx + y * dy);
    return reach;
  };
  CHECK(extreme(2, 0, -1) > 1.5 * extreme(2, 0, 1));  // y points downwards
  CHECK(extreme(5, 0, 1) > 1.5 * extreme(5, 0, -1));
  CHECK(extreme(8, -1, 0) > 1.5 * extreme(8, 1, 0));
  CHECK(extreme(9, 1, 0) > 1.5 * extreme(9, -1, 0));
}

TEST_CASE("markers: there are no others") {
  CHECK_THROWS_WITH_AS(marker_outline(marker_count), doctest::Contains("0 to 9, found 10"), Error);
  CHECK_THROWS_AS(marker_outline(-1), Error);
}
