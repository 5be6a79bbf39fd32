#include "apps/report/plot.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tensor/error.h"
#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

const double nan = std::nan("");

Panel panel_of(std::vector<Series> series) {
  return {.title = "title", .x_label = "across", .y_label = "up", .series = std::move(series)};
}

// How many lines of this style class the picture has, legend included.
std::size_t lines(const std::string& svg, std::string_view classes) {
  return test::count(svg, fmt::format("<polyline class=\"{}\"", classes));
}

TEST_CASE("render_svg: well-formed, with texts escaped, for panels of every sort") {
  Panel log = panel_of({{.name = "R&D <1>", .x = {1, 10, 100}, .y = {1e-3, 1, 1e3}, .points = true}});
  log.log_x = log.log_y = true;
  log.title = "\"quoted\" & <b>";
  const Panel empty = panel_of({});
  const Panel single = panel_of({{.name = "one", .x = {3}, .y = {0}}});
  const std::string svg = render_svg({log, empty, single}, 640, 200);
  CHECK(test::well_formed(svg) == "");
  CHECK(svg.find("width=\"640\" height=\"600\"") != std::string::npos);
  CHECK(svg.find(">R&amp;D &lt;1&gt;</text>") != std::string::npos);
  CHECK(svg.find(">&quot;quoted&quot; &amp; &lt;b&gt;</text>") != std::string::npos);
  CHECK(svg.find("prefers-color-scheme:dark") != std::string::npos);
  CHECK(test::count(svg, ">across</text>") == 3);
  CHECK(svg.find("nan") == std::string::npos);
  CHECK(svg.find("inf") == std::string::npos);
}

TEST_CASE("render_svg: points stand where the axes say") {
  Panel panel = panel_of({{.name = "", .x = {0, 5, 10}, .y = {0, 1, 2}}});
  panel.x_range = {0, 10};
  panel.y_range = {0, 2};
  // 500 x 200: the plot spans 56..476 across and 150..40 up.
  CHECK(render_svg({panel}, 500, 200).find("points=\"56,150 266,95 476,40\"") != std::string::npos);
  panel.log_x = true;
  panel.x_range = {1, 100};
  panel.series[0].x = {1, 10, 100};
  CHECK(render_svg({panel}, 500, 200).find("points=\"56,150 266,95 476,40\"") != std::string::npos);
}

TEST_CASE("render_svg: what is not a number breaks the line, as does 0 on a logarithmic axis") {
  const Series series{.name = "", .x = {1, 2, 3, 4, 5, 6, 7}, .y = {1, 2, nan, 4, 0, 6, 7}};
  Panel panel = panel_of({series});
  CHECK(lines(render_svg({panel}), "line c0") == 2);
  panel.log_y = true;
  const std::string svg = render_svg({panel});
  CHECK(lines(svg, "line c0") == 2);
  CHECK(test::count(svg, "<circle class=\"dot c0\"") == 1);  // 4 stands alone: a dot
  panel.series[0].x[1] = std::numeric_limits<double>::infinity();
  CHECK(lines(render_svg({panel}), "line c0") == 1);
}

TEST_CASE("render_svg: colours, styles, legend") {
  const Panel panel = panel_of({{.name = "raw", .x = {1, 2}, .y = {1, 2}, .style = LineStyle::faint},
                                {.name = "smooth", .x = {1, 2}, .y = {1, 2}},
                                {.name = "base", .x = {1, 2}, .y = {1, 1}, .style = LineStyle::dashed}});
  const std::string svg = render_svg({panel});
  CHECK(lines(svg, "line c0 faint") == 1);
  CHECK(lines(svg, "line c0") == 2);  // and its sample in the legend
  CHECK(lines(svg, "line c1 dashed") == 2);
  CHECK(svg.find(">raw</text>") == std::string::npos);
  CHECK(svg.find(">smooth</text>") != std::string::npos);

  std::vector<Series> many;
  for (int i = 0; i < 8; ++i)
    many.push_back({.name = fmt::format("a rather long name {}", i), .x = {1, 2}, .y = {1, 2}});
  const std::string crowded = render_svg({panel_of(many)}, 400, 300);
  CHECK(test::well_formed(crowded) == "");
  CHECK(lines(crowded, "line c6") == 2);
  CHECK(lines(crowded, "line c0") == 4);  // the eighth repeats the first
}

TEST_CASE("render_svg: a long series keeps its extremes and loses its bulk") {
  Series series{.name = "", .x = {}, .y = {}};
  for (int i = 0; i < 200000; ++i) {
    series.x.push_back(i);
    series.y.push_back(i == 77777 ? 100 : i % 2);
  }
  Panel panel = panel_of({series});
  panel.y_range = {0, 100};
  const std::string svg = render_svg({panel}, 500, 200);
  CHECK(svg.size() < 50000);
  CHECK(svg.find(",40 ") != std::string::npos);  // the peak, at the top of the plot
}

TEST_CASE("render_svg: refuses what it cannot draw") {
  CHECK_THROWS_WITH_AS(render_svg({panel_of({{.name = "s", .x = {1, 2}, .y = {1}}})}),
                       doctest::Contains("'s' has 2 x and 1 y"), Error);
  Panel panel = panel_of({});
  panel.x_range = {1, 1};
  CHECK_THROWS_AS(render_svg({panel}), Error);
  panel.x_range = {0, 1};
  panel.log_x = true;
  CHECK_THROWS_WITH_AS(render_svg({panel}), doctest::Contains("logarithmic"), Error);
  CHECK_THROWS_AS(render_svg({panel_of({})}, 100, 300), Error);
}

}  // namespace
}  // namespace hypersphere
