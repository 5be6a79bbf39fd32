#include "apps/report/histogram.h"

#include <doctest/doctest.h>

#include "tensor/error.h"
#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

using Values = std::vector<double>;

TEST_CASE("histogram_panel: steps from the first filled bin to the last, of area 1") {
  const Panel panel = histogram_panel(
      "angles", "degrees", "share",
      {{.name = "a", .low = 10, .width = 2, .counts = {0, 3, 0, 1, 0}}, {.name = "b", .counts = {5}}});
  REQUIRE(panel.series.size() == 2);
  const Series& a = panel.series[0];
  CHECK(a.style == LineStyle::filled);
  CHECK(a.x == Values{12, 12, 14, 14, 16, 16, 18, 18});
  CHECK(a.y == Values{0, 0.375, 0.375, 0, 0, 0.125, 0.125, 0});
  CHECK(panel.series[1].x == Values{0, 0, 1, 1});
  CHECK(panel.series[1].y == Values{0, 1, 1, 0});
}

TEST_CASE("histogram_panel: drawn translucent, down to the axis, with a legend") {
  Panel panel = histogram_panel(
      "t", "x", "y", {{.name = "a", .width = 0.5, .counts = {1, 1}}, {.name = "none", .counts = {0, 0}}});
  panel.x_range = {0, 1};
  panel.y_range = {0, 2};
  const std::string svg = render_svg({panel}, 500, 200);
  CHECK(test::well_formed(svg) == "");
  CHECK(svg.find(".area{fill-opacity") != std::string::npos);
  // 500 x 200: the plot spans 56..476 across and 150..40 up. Round the area back along the axis.
  CHECK(svg.find("<polygon class=\"area c0\" points=\"56,150 56,95 266,95 266,95 476,95 476,150 476,150 "
                 "56,150\"/>") != std::string::npos);
  CHECK(test::count(svg, "<polyline class=\"line c0\"") == 2);
  CHECK(test::count(svg, "<rect class=\"area") == 2);  // samples in the legend
  CHECK(svg.find(">none</text>") != std::string::npos);
  CHECK(test::count(svg, "<polygon") == 1);
}

TEST_CASE("histogram_panel: from the data alone, the axis starts at 0") {
  const std::string svg = render_svg({histogram_panel("t", "x", "y", {{.name = "a", .counts = {7, 9, 4}}})});
  CHECK(svg.find(">0</text>") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(test::well_formed(render_svg({histogram_panel("t", "x", "y", {})})) == "");
}

TEST_CASE("histogram_panel: refuses what is no histogram") {
  CHECK_THROWS_WITH_AS(histogram_panel("", "", "", {{.name = "a", .counts = {1, -1}}}),
                       doctest::Contains("'a'"), Error);
  CHECK_THROWS_AS(histogram_panel("", "", "", {{.name = "a", .width = 0, .counts = {1}}}), Error);
}

}  // namespace
}  // namespace hypersphere
