#include "apps/report/feature_panels.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <set>

#include "tests/apps/report/temporary_folder.h"

using namespace hypersphere;

namespace {

// 50 pixels about (64, 64) within the margins.
constexpr Frame frame{0, 0, 128, 128};

std::string feature_panel(const FeatureScene& scene) {
  Svg svg(128, 128, "");
  draw_feature_panel(svg, frame, scene);
  return svg.document();
}

std::string unit_panel(const FeatureScene& scene, bool sphere) {
  Svg svg(128, 128, "");
  draw_unit_panel(svg, frame, scene, sphere);
  return svg.document();
}

std::size_t at(const std::string& svg, std::string_view part) {
  const std::size_t place = svg.find(part);
  if (place == std::string::npos) MESSAGE(part << " is missing in\n" << svg);
  return place;
}
bool has(const std::string& svg, std::string_view part) { return at(svg, part) != std::string::npos; }

FeatureScene plane(std::vector<Point3> points, std::vector<bool> hollow) {
  FeatureScene scene{.points = std::move(points),
                     .labels = {},
                     .hollow = std::move(hollow),
                     .weights = {{0, 1, 0}},
                     .view = {}};
  scene.labels.assign(scene.points.size(), 0);
  return scene;
}

}  // namespace

TEST_CASE("panels: features to scale, the longest at the border, and a ray to it") {
  const std::string svg = feature_panel(plane({{10, 0, 0}, {0, -5, 0}, {-3, 4, 0}}, {false, false, true}));
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"114\" cy=\"64\" r=\"4\"/>"));
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"64\" cy=\"89\" r=\"4\"/>"));
  CHECK(has(svg, "<circle class=\"p c0 hollow\" cx=\"49\" cy=\"44\" r=\"4\"/>"));
  CHECK(has(svg, "<line class=\"ray c0\" x1=\"64\" y1=\"64\" x2=\"64\" y2=\"14\"/>"));
  CHECK(has(svg, "<circle class=\"ring\" cx=\"64\" cy=\"64\" r=\"25\"/>"));
  CHECK(has(svg, ">rings: 5<"));
}

TEST_CASE("panels: what is long because it points at the viewer does not make the others small") {
  const std::string svg = feature_panel(plane({{10, 0, 0}, {5, 0, 100}}, {false, false}));
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"114\" cy=\"64\" r=\"4\"/>"));
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"89\" cy=\"64\" r=\"4\"/>"));
}

TEST_CASE("panels: on the unit circle all have one length, those held out a smaller one") {
  const std::string svg =
      unit_panel(plane({{10, 0, 0}, {0, -5, 0}, {-3, 4, 0}, {0, 0, 0}}, {false, false, true, false}), false);
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"114\" cy=\"64\" r=\"4\"/>"));
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"64\" cy=\"114\" r=\"4\"/>"));
  CHECK(has(svg, "<circle class=\"p c0 hollow\" cx=\"38.5\" cy=\"30\" r=\"4\"/>"));  // 50 * 0.85 away
  CHECK(has(svg, "<circle class=\"rim\" cx=\"64\" cy=\"64\" r=\"50\"/>"));
  CHECK(has(svg, "<circle class=\"ring\" cx=\"64\" cy=\"64\" r=\"42.5\"/>"));
  CHECK(test::count(svg, "class=\"p ") == 3);  // not the one at the origin
  CHECK(test::count(unit_panel(plane({{10, 0, 0}}, {false}), false), "ring") == 0);
}

TEST_CASE("panels: on the sphere, what is behind is faint and drawn first") {
  FeatureScene scene = plane({{0.6, 0, 0.8}, {0, 0.6, -0.8}, {0, 2, 0}}, {false, true, false});
  scene.weights = {{0, 0.6, -0.8}};
  const std::string svg = unit_panel(scene, true);
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"94\" cy=\"64\" r=\"4\"/>"));
  CHECK(has(svg, "<circle class=\"p c0 hollow far\" cx=\"64\" cy=\"34\" r=\"4\"/>"));
  CHECK(has(svg, "<circle class=\"p c0\" cx=\"64\" cy=\"14\" r=\"4\"/>"));
  CHECK(has(svg, "<line class=\"ray c0 far\" x1=\"64\" y1=\"64\" x2=\"64\" y2=\"34\"/>"));
  CHECK(at(svg, "class=\"p c0 hollow far\"") < at(svg, "class=\"p c0\""));
  // Four great circles, of which the viewer sees one half each.
  CHECK(test::count(svg, "<polyline class=\"globe\"") >= 4);
  CHECK(test::count(svg, "<polyline class=\"globe far\"") >= 4);
  CHECK(test::count(unit_panel(scene, false), "globe") == 0);
}

TEST_CASE("panels: points of several identities take turns, so that none covers another's all") {
  FeatureScene scene =
      plane({{1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {0, 4, 0}, {0, 5, 0}}, std::vector<bool>(5, false));
  scene.labels = {0, 0, 0, 1, 1};
  scene.weights = {{1, 0, 0}, {0, 1, 0}};
  const std::string svg = feature_panel(scene);
  std::string order;
  for (std::size_t place = svg.find("class=\"p c"); place != std::string::npos;
       place = svg.find("class=\"p c", place + 1))
    order += svg[place + 10];
  CHECK(order == "01010");
}

TEST_CASE("panels: sixteen identities have sixteen looks, also without colours") {
  std::set<std::string> looks, shapes;
  for (std::int32_t identity = 0; identity < 16; ++identity) {
    Svg svg(20, 20, "");
    draw_marker(svg, 10, 10, 4, identity, "");
    std::string text = svg.document();
    looks.insert(text);
    text.erase(text.find("class="), text.find('"', text.find("class=") + 7) - text.find("class="));
    shapes.insert(text);
  }
  CHECK(looks.size() == 16);
  CHECK(shapes.size() == 10);
}

TEST_CASE("panels: features that are all at the origin are drawn there") {
  const std::string svg = feature_panel(plane({{0, 0, 0}, {0, 0, 0}}, {false, false}));
  CHECK(test::count(svg, "cx=\"64\" cy=\"64\" r=\"4\"") == 2);
}
