#include "apps/report/rank_curves.h"

#include <doctest/doctest.h>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using Values = std::vector<double>;

TEST_CASE("cmc panel: the curves, and guessing among the candidates") {
  const Panel panel = cmc_panel({{.name = "net", .x = {1, 2, 3}, .y = {0.5, 0.6, 0.9}}}, 2);
  REQUIRE(panel.series.size() == 2);
  CHECK(panel.series[0].name == "net");
  CHECK(panel.series[0].points);
  CHECK(panel.series[1].style == LineStyle::dashed);
  CHECK(panel.series[1].x == Values{1, 2, 3});
  CHECK(panel.series[1].y == Values{0.5, 1, 1});
  CHECK(*panel.x_range == std::pair(1.0, 3.0));
  // A single candidate still gives a panel that can be drawn.
  CHECK_FALSE(render_svg({cmc_panel({{.name = "net", .x = {1}, .y = {1}}}, 1)}).empty());
}

TEST_CASE("distractor panel: none stands at the left edge") {
  const Panel panel = distractor_panel({{.name = "net", .x = {0, 10, 2500}, .y = {1, 0.9, 0.4}}});
  CHECK(panel.log_x);
  CHECK(panel.series[0].x == Values{1, 10, 2500});
  CHECK(*panel.x_range == std::pair(1.0, 2500.0));
  CHECK_FALSE(render_svg({panel}).empty());
}

TEST_CASE("detection panel: starts below the smallest false alarm rate, not below 1e-4") {
  const Panel panel = detection_panel({{.name = "net", .x = {0, 0.02, 1}, .y = {0.1, 0.3, 0.8}}});
  CHECK(*panel.x_range == std::pair(0.01, 1.0));
  CHECK(panel.series[0].x == Values{0.01, 0.02, 1});
  const Panel fine = detection_panel({{.name = "net", .x = {0, 1e-6, 1}, .y = {0.1, 0.3, 0.8}}});
  CHECK(fine.series[0].x == Values{1e-4, 1e-4, 1});
  CHECK_FALSE(render_svg({panel, fine}).empty());
}

TEST_CASE("rank curves: nothing to draw is an error") {
  CHECK_THROWS_WITH_AS(cmc_panel({}, 5), doctest::Contains("no curve"), Error);
  CHECK_THROWS_WITH_AS(distractor_panel({{.name = "net", .x = {}, .y = {}}}), doctest::Contains("'net'"),
                       Error);
  CHECK_THROWS_WITH_AS(detection_panel({{.name = "net", .x = {1}, .y = {}}}),
                       doctest::Contains("1 x and 0 y"), Error);
}

}  // namespace
}  // namespace hypersphere
