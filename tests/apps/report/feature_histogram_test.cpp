#include "apps/report/feature_histogram.h"

#include <doctest/doctest.h>

#include "tests/apps/report/temporary_folder.h"

using namespace hypersphere;

namespace {

std::string drawn(const AngleSamples& samples, const AngleScale& scale, bool first = true) {
  Svg svg(400, 200, "");
  draw_histogram(svg, {100, 20, 300, 120}, samples, scale, first);
  return svg.document();
}

bool has(const std::string& svg, std::string_view part) {
  const bool found = svg.find(part) != std::string::npos;
  if (!found) MESSAGE(part << " is missing in\n" << svg);
  return found;
}

}  // namespace

TEST_CASE("histogram: shares by bins of three degrees, what is beyond in the last one") {
  const AngleScale scale{.largest = 30};
  const std::vector<double> shares = bin_shares({0, 2.9, 3, 29, 30, 170, 10.5, 10.6}, scale);
  CHECK(shares == std::vector<double>{0.25, 0.125, 0, 0.25, 0, 0, 0, 0, 0, 0.375});
  CHECK(bin_shares({}, scale) == std::vector<double>(10, 0.0));
  CHECK(bin_shares({180}, {}).back() == 1);
}

TEST_CASE("histogram: a scale for all that was trained on, and for nearly all that was held out") {
  std::vector<double> held_out(100, 20.0);
  held_out[7] = 140;
  const AngleScale scale = common_scale(
      {{.within = {1, 1, 4}, .between = {50, 61}, .within_held_out = {}, .between_held_out = {}},
       {.within = {1, 4}, .between = {31, 35}, .within_held_out = held_out, .between_held_out = {}}});
  CHECK(scale.largest == 90);
  CHECK(scale.above == doctest::Approx(2 / 3.0));
  CHECK(scale.below == doctest::Approx(0.99));
  CHECK(scale.beyond);
  const AngleScale alone =
      common_scale({{.within = {10}, .between = {175}, .within_held_out = {}, .between_held_out = {}}});
  CHECK(alone.largest == 180);
  CHECK(alone.below == 0);
  CHECK(!alone.beyond);
}

TEST_CASE("histogram: bars and means where they belong") {
  // 10 pixels a degree; 100 pixels for all above the axis, 20 for a fifth below it.
  const AngleScale scale{.largest = 30, .above = 1, .below = 0.2, .beyond = false};
  const std::string svg = drawn({.within = {4},
                                 .between = {16, 22},
                                 .within_held_out = {1, 7, 7.5, 10, 13, 13.4, 16, 16.1, 19, 19.1},
                                 .between_held_out = {25}},
                                scale);
  CHECK(has(svg, "<polygon class=\"h within\" points=\"130,120 130,20 160,20 160,120\"/>"));
  CHECK(has(svg, "<polygon class=\"h between\" points=\"250,120 250,70 280,70 280,120\"/>"));
  CHECK(has(svg, "<polygon class=\"h between\" points=\"310,120 310,70 340,70 340,120\"/>"));
  // Held out: downwards, a tenth of 100 pixels each; bins without a gap are one outline.
  CHECK(has(svg, "<polygon class=\"h within hollow\" points=\"100,120 100,130 130,130 130,120\"/>"));
  CHECK(has(
      svg,
      "<polygon class=\"h within hollow\" points=\"160,120 160,140 190,140 190,130 220,130 220,140 250,140 "
      "250,140 280,140 280,140 310,140 310,120\"/>"));
  CHECK(has(svg, "<line class=\"mean within\" x1=\"140\" y1=\"120\" x2=\"140\" y2=\"4\"/>"));
  CHECK(has(svg, "<line class=\"mean between\" x1=\"290\" y1=\"120\" x2=\"290\" y2=\"4\"/>"));
  CHECK(has(svg, "<line class=\"mean between\" x1=\"350\" y1=\"120\" x2=\"350\" y2=\"156\"/>"));
  for (const char* number : {">4.0°<", ">19.0°<", ">12.2°<", ">25.0°<"}) CHECK(has(svg, number));
}

TEST_CASE("histogram: marks of the axes") {
  const AngleScale scale{.largest = 90, .above = 0.5, .below = 0.3, .beyond = true};
  const std::string first =
      drawn({.within = {4}, .between = {16}, .within_held_out = {5}, .between_held_out = {6}}, scale);
  for (const char* mark : {">0°<", ">30°<", ">60°<", ">90°+<", ">0 %<", ">20 %<", ">40 %<"})
    CHECK(has(first, mark));
  const std::string second =
      drawn({.within = {4}, .between = {16}, .within_held_out = {}, .between_held_out = {}}, scale, false);
  CHECK(test::count(second, "%") == 0);
  CHECK(test::count(second, "hollow") == 0);
}

TEST_CASE("histogram: the numbers of close means stand on either side of their lines") {
  const AngleScale scale{.largest = 30, .above = 1, .below = 0, .beyond = false};
  const std::string svg =
      drawn({.within = {15}, .between = {16}, .within_held_out = {}, .between_held_out = {}}, scale);
  CHECK(has(svg, "x=\"245\" y=\"16\" text-anchor=\"end\">15.0°<"));
  CHECK(has(svg, "x=\"265\" y=\"16\" text-anchor=\"start\">16.0°<"));
  // Where the left one has no room, the right one makes some.
  const std::string left =
      drawn({.within = {1}, .between = {2}, .within_held_out = {}, .between_held_out = {}}, scale);
  CHECK(has(left, "x=\"115\" y=\"16\" text-anchor=\"start\">1.0°<"));
  CHECK(has(left, "x=\"170\" y=\"16\" text-anchor=\"start\">2.0°<"));
  // A line at the right end has its number on the left.
  const std::string right =
      drawn({.within = {1}, .between = {29}, .within_held_out = {}, .between_held_out = {}}, scale);
  CHECK(has(right, "x=\"385\" y=\"16\" text-anchor=\"end\">29.0°<"));
}
