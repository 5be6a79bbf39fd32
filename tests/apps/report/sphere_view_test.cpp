#include "apps/report/sphere_view.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "tensor/error.h"
#include "tests/support.h"

using namespace hypersphere;

namespace {

bool near(const Point3& a, const Point3& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) < 1e-12;
}

std::vector<Point3> random_directions(std::int64_t count) {
  const Tensor values = test::random_tensor({count, 3});
  std::vector<Point3> directions;
  for (std::int64_t i = 0; i < count; ++i) {
    const float* v = values.data<float>() + 3 * i;
    const double length = std::hypot(static_cast<double>(v[0]), v[1], v[2]);
    directions.push_back({v[0] / length, v[1] / length, v[2] / length});
  }
  return directions;
}

double least_distance(const SphereView& view, const std::vector<Point3>& directions) {
  double least = 2;
  for (std::size_t i = 0; i < directions.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) {
      const Point3 a = view.project(directions[i]), b = view.project(directions[k]);
      least = std::min(least, std::hypot(a[0] - b[0], a[1] - b[1]));
    }
  return least;
}

}  // namespace

TEST_CASE("sphere view: right, up and depth of points from known eyes") {
  CHECK(near(SphereView().project({1, 2, 3}), {1, 2, 3}));
  // From the x axis, z is up, so that y points to the right.
  CHECK(near(SphereView(Point3{5, 0, 0}).project({1, 2, 3}), {2, 3, 1}));
  CHECK(near(SphereView(Point3{0, -2, 0}).project({1, 2, 3}), {1, 3, -2}));
  CHECK(near(SphereView(Point3{0, 0, 1}).project({1, 2, 3}), {1, 2, 3}));
  CHECK(near(SphereView(Point3{0, 0, -1}).project({1, 2, 3}), {-1, 2, -3}));
  // A quarter turn to the left moves what was right to the top.
  CHECK(near(SphereView(Point3{0, 0, 1}, std::numbers::pi / 2).project({1, 2, 3}), {-2, 1, 3}));
}

TEST_CASE("sphere view: any view is a rotation") {
  for (const Point3& eye : random_directions(20)) {
    const SphereView view(eye, 3 * eye[0]);
    CHECK(near(view.project(eye), {0, 0, 1}));
    const Point3 x = view.project({1, 0, 0}), y = view.project({0, 1, 0}), z = view.project({0, 0, 1});
    // x cross y is z, which holds for rotations and not for reflections.
    CHECK(near({x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]}, z));
  }
}

TEST_CASE("sphere view: an eye at the centre is refused") {
  CHECK_THROWS_WITH_AS(SphereView(Point3{0, 0, 0}), doctest::Contains("length 0"), Error);
  CHECK_THROWS_AS(SphereView(Point3{std::nan(""), 0, 0}), Error);
}

TEST_CASE("sphere view: the chosen one keeps directions apart and turns them to the viewer") {
  CHECK(choose_view({{0, 1, 0}}).project({0, 1, 0})[2] > 0.99);
  // Two opposite ones are furthest apart from the side.
  CHECK(least_distance(choose_view({{0, 0.6, 0.8}, {0, -0.6, -0.8}}), {{0, 0.6, 0.8}, {0, -0.6, -0.8}}) >
        1.9);
  // Three at right angles: all on the near side.
  const SphereView view = choose_view({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  for (const Point3& axis : {Point3{1, 0, 0}, Point3{0, 1, 0}, Point3{0, 0, 1}})
    CHECK(view.project(axis)[2] > 0.3);
  // Six up and down, left and right, to and fro: from none of these, where two would coincide.
  std::vector<Point3> axes;
  for (const double sign : {1.0, -1.0})
    for (std::size_t axis = 0; axis < 3; ++axis) {
      axes.push_back({0, 0, 0});
      axes.back()[axis] = sign;
    }
  CHECK(least_distance(choose_view(axes), axes) > 0.7);
  CHECK(near(choose_view({}).project({1, 2, 3}), {1, 2, 3}));
}

TEST_CASE("sphere view: one like another finds the rotation between them") {
  const std::vector<Point3> directions = random_directions(6);
  const SphereView model(Point3{0.3, -0.5, 0.7}, 1.1), turned(Point3{-0.2, 0.9, 0.1}, 4);
  std::vector<Point3> places, moved;
  for (const Point3& direction : directions) {
    places.push_back(model.project(direction));
    moved.push_back(turned.project(direction));
  }
  const SphereView view = choose_view_like(moved, places);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Point3 found = view.project(moved[i]);
    CHECK(std::hypot(found[0] - places[i][0], found[1] - places[i][1], found[2] - places[i][2]) < 0.25);
  }
  CHECK_THROWS_WITH_AS(choose_view_like(moved, {}), doctest::Contains("6 directions and 0 places"), Error);
}

TEST_CASE("great circles: perpendicular to their pole, half of each in front") {
  const SphereView view(Point3{0.5, 0.5, 0.8});
  const Point3 pole{0.1, -0.7, 0.4};
  const Point3 seen_pole = view.project(pole);
  std::size_t near_points = 0, far_points = 0;
  for (const GreatCirclePart& part : great_circle(view, pole)) {
    (part.near ? near_points : far_points) += part.points.size();
    for (const auto& [right, up] : part.points) {
      const double depth = std::sqrt(std::max(0.0, 1 - right * right - up * up));
      const double sum = right * seen_pole[0] + up * seen_pole[1];
      // Where two runs meet they share a point, which lies close to the rim.
      CHECK(std::min(std::abs(sum + depth * seen_pole[2]), std::abs(sum - depth * seen_pole[2])) < 1e-9);
      if (depth > 0.1) CHECK(std::abs(sum + (part.near ? depth : -depth) * seen_pole[2]) < 1e-9);
    }
  }
  CHECK(std::abs(static_cast<double>(near_points) - static_cast<double>(far_points)) <= 4);
  // Around the viewer's own axis: the rim.
  for (const GreatCirclePart& part : great_circle(SphereView(), {0, 0, 2}))
    for (const auto& [right, up] : part.points) CHECK(std::hypot(right, up) == doctest::Approx(1));
}
