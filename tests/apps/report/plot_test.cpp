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

TEST_CASE("render_svg: error bars reach as far as the spread, and the axis with them") {
  Panel panel =
      panel_of({{.name = "", .x = {0, 5, 10, 10}, .y = {1, 1, 1, nan}, .spread = {0.5, nan, 0, 1}}});
  panel.x_range = {0, 10};
  panel.y_range = {0, 2};
  // 500 x 200: the plot spans 56..476 across and 150..40 up, so that 0.5 are 27.5 pixels.
  const std::string svg = render_svg({panel}, 500, 200);
  CHECK(test::count(svg, "<line class=\"bar c0\"") == 3);
  CHECK(svg.find("<line class=\"bar c0\" x1=\"56\" y1=\"122.5\" x2=\"56\" y2=\"67.5\"/>") !=
        std::string::npos);
  CHECK(svg.find("<line class=\"bar c0\" x1=\"52\" y1=\"67.5\" x2=\"60\" y2=\"67.5\"/>") !=
        std::string::npos);
  CHECK(svg.find("<line class=\"bar c0\" x1=\"52\" y1=\"122.5\" x2=\"60\" y2=\"122.5\"/>") !=
        std::string::npos);

  // Without a range the axis holds the bars: 0 to 4 are among its marks although y is 2.
  panel.y_range.reset();
  panel.series = {{.name = "", .x = {0, 10}, .y = {2, 2}, .spread = {2, 2}}};
  const std::string own = render_svg({panel}, 500, 400);
  CHECK(own.find(">0</text>") != std::string::npos);
  CHECK(own.find(">4</text>") != std::string::npos);

  // On a logarithmic axis a bar below 0 goes on to the border and has no end there.
  panel.log_y = true;
  panel.y_range = {1, 10};
  panel.series[0] = {.name = "", .x = {0}, .y = {5}, .spread = {20}};
  const std::string log = render_svg({panel}, 500, 200);
  CHECK(test::count(log, "<line class=\"bar c0\"") == 2);
  CHECK(log.find("x1=\"56\" y1=\"150\" x2=\"56\"") != std::string::npos);
  CHECK(test::well_formed(log) == "");
}

TEST_CASE("render_svg: marks with names take the place of numbers") {
  Panel panel = panel_of({{.name = "", .x = {0, 1}, .y = {1, 2}}});
  panel.x_range = {-0.5, 1.5};
  panel.y_range = {0, 2};
  panel.x_marks = {{0, "m = 1"}, {1, "a & b"}};
  // 500 x 200: 0 and 1 stand a quarter from the borders of 56..476.
  const std::string svg = render_svg({panel}, 500, 200);
  CHECK(svg.find("x=\"161\" y=\"168\" text-anchor=\"middle\">m = 1</text>") != std::string::npos);
  CHECK(svg.find("x=\"371\" y=\"168\" text-anchor=\"middle\">a &amp; b</text>") != std::string::npos);
  CHECK(svg.find(">0.5</text>") == std::string::npos);
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
  CHECK_THROWS_WITH_AS(render_svg({panel_of({{.name = "s", .x = {1, 2}, .y = {1, 2}, .spread = {1}}})}),
                       doctest::Contains("'s' has 2 y values and 1 spreads"), Error);
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
