#include "apps/report/ablation_chart.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tensor/error.h"
#include "tests/apps/report/ablation_cells.h"
#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

using Marks = std::vector<std::pair<double, std::string>>;

// Points of a series that are drawn, without those that break the line.
std::vector<std::pair<double, double>> points(const Series& series) {
  std::vector<std::pair<double, double>> finite;
  for (std::size_t i = 0; i < series.x.size(); ++i)
    if (std::isfinite(series.x[i]) && std::isfinite(series.y[i]))
      finite.emplace_back(series.x[i], series.y[i]);
  return finite;
}

TEST_CASE("accuracy_by_margin: heads without a margin first, a line a network, spread and seeds") {
  std::vector<AblationOutcome> cells = test::some_cells();
  cells.push_back(test::finished({10, "a-softmax", 2, 1}, 0.7));
  cells.push_back(test::finished({10, "modified-softmax", 0, 1}, 0.6));
  const Panel panel = accuracy_by_margin(rows_of(cells));
  CHECK(panel.x_marks == Marks{{0, "softmax"}, {1, "modified-softmax"}, {2, "m = 2"}, {3, "m = 4"}});
  REQUIRE(panel.series.size() == 2);
  const Series& ten = panel.series[0];
  CHECK(ten.name == "sphereface-10, n = 1 to 2");
  CHECK(panel.series[1].name == "sphereface-20, n = 1");
  CHECK(ten.points);
  const auto drawn = points(ten);
  REQUIRE(drawn.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(drawn[i].first == doctest::Approx(static_cast<double>(i) - 0.03));
  CHECK(drawn[0].second == doctest::Approx(78.125));
  CHECK(drawn[1].second == doctest::Approx(60));
  CHECK(drawn[2].second == doctest::Approx(70));
  CHECK(drawn[3].second == doctest::Approx(87.5));
  CHECK(ten.spread[0] == doctest::Approx(6.25 / std::sqrt(2.0)));
  // softmax and modified-softmax stand alone, the margins are joined: one line, and the legend's.
  const std::string svg = render_svg({panel}, 900, 420);
  CHECK(test::well_formed(svg) == "");
  CHECK(test::count(svg, "<polyline class=\"line c0\"") == 2);
  CHECK(test::count(svg, "<line class=\"bar c0\"") == 3);
  CHECK(points(panel.series[1]).size() == 1);
}

TEST_CASE("accuracy_by_depth: depths ascending, a line a head and margin, a gap where a cell diverged") {
  std::vector<AblationOutcome> cells = test::some_cells();
  cells.push_back(test::finished({4, "a-softmax", 4, 1}, 0.5));
  cells.push_back(test::diverged({20, "softmax", 0, 1}));
  const Panel panel = accuracy_by_depth(rows_of(cells));
  CHECK(panel.x_marks == Marks{{0, "sphereface-4"}, {1, "sphereface-10"}, {2, "sphereface-20"}});
  REQUIRE(panel.series.size() == 2);
  CHECK(panel.series[0].name == "softmax, n = 2");
  CHECK(panel.series[1].name == "a-softmax m=4, n = 1");
  CHECK(points(panel.series[0]).size() == 1);
  const auto margin = points(panel.series[1]);
  REQUIRE(margin.size() == 3);
  CHECK(margin[0].second == doctest::Approx(50));
  CHECK(margin[1].second == doctest::Approx(87.5));
  CHECK(margin[2].second == doctest::Approx(93.75));
  CHECK(test::well_formed(render_svg({panel})) == "");
}

TEST_CASE("charts before the first result, and of no rows") {
  for (const auto chart : {accuracy_by_margin, accuracy_by_depth}) {
    const Panel panel = chart(rows_of({{test::deep_1, {}}}));
    CHECK(test::well_formed(render_svg({panel})) == "");
    CHECK(panel.series[0].name.ends_with(", n = 0"));
    CHECK_THROWS_WITH_AS(chart({}), doctest::Contains("no rows"), Error);
  }
}

}  // namespace
}  // namespace hypersphere
