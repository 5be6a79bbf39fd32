#include "apps/report/feature_grid.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <regex>

#include "apps/report/feature_legend.h"
#include "tensor/error.h"
#include "tests/apps/data/scratch.h"
#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

// Five photographs of two identities, the last one held out.
FeatureGrid small_grid(int dimension, std::size_t columns) {
  FeatureGrid grid{.title = "a < b & c",
                   .caption = "five photographs",
                   .dimension = dimension,
                   .identities = {"Ada_Lovelace", "A Name That Is <Far> Too Long"},
                   .labels = {0, 0, 1, 1, 1},
                   .held_out = {false, false, false, false, true},
                   .columns = {}};
  for (std::size_t i = 0; i < columns; ++i) {
    FeatureColumn column{.title = "loss " + std::to_string(i),
                         .features = {},
                         .weights = {},
                         .within = {1, 2, 3, 4, 50},
                         .between = {80, 81, 82, 83, 40},
                         .notes = {"note one", "note two"}};
    for (int k = 0; k < 5 * dimension; ++k) column.features.push_back(1 + std::sin(k));
    for (int k = 0; k < 2 * dimension; ++k) column.weights.push_back(std::cos(2 * k + 1));
    grid.columns.push_back(column);
  }
  return grid;
}

std::string message(const FeatureGrid& grid) {
  return test::error_of([&] { render_feature_grid(grid); });
}

TEST_CASE("feature grid: a well-formed document with all of its parts, in two and in three dimensions") {
  for (const int dimension : {2, 3})
    for (const std::size_t columns : {1u, 3u, 5u}) {
      CAPTURE(dimension);
      CAPTURE(columns);
      const std::string svg = render_feature_grid(small_grid(dimension, columns));
      CHECK(test::well_formed(svg) == "");
      CHECK(test::count(svg, "a &lt; b &amp; c") == 1);
      CHECK(test::count(svg, ">Ada Lovelace<") == 1);
      CHECK(test::count(svg, ">A Name That Is &lt;Far&gt;…<") == 1);
      for (std::size_t i = 0; i < columns; ++i) CHECK(test::count(svg, fmt::format(">loss {}<", i)) == 1);
      CHECK(test::count(svg, ">note two<") == columns);
      // Two panels of five photographs a column; three swatches of two identities and the key.
      CHECK(test::count(svg, "class=\"p ") == 10 * columns + 4);
      CHECK(test::count(svg, "class=\"ray c") == 4 * columns);
      CHECK(test::count(svg, "class=\"panel\"") == 2 * columns);
      CHECK(test::count(svg, "class=\"h within\"") >= columns + 1);
      CHECK(test::count(svg, dimension == 2 ? "on the unit circle" : "on the unit sphere") == 1);
      CHECK((test::count(svg, "globe") > 8) == (dimension == 3));
    }
}

TEST_CASE("feature grid: nothing lies outside of the picture") {
  const std::string svg = render_feature_grid(small_grid(2, 5));
  std::smatch size;
  REQUIRE(std::regex_search(svg, size, std::regex("viewBox=\"0 0 ([0-9.]+) ([0-9.]+)\"")));
  const double width = std::stod(size[1]), height = std::stod(size[2]);
  const std::regex coordinate(" (x|cx|x1|x2|y|cy|y1|y2)=\"(-?[0-9.]+)\"");
  for (std::sregex_iterator match(svg.begin(), svg.end(), coordinate), end; match != end; ++match) {
    const double value = std::stod((*match)[2]);
    CHECK(value >= 0);
    CHECK(value <= ((*match)[1].str().find('x') == std::string::npos ? height : width));
  }
  CHECK(width == 1600);  // five columns fill a slide
}

TEST_CASE("feature grid: legible on a slide, on light and on dark pages") {
  const std::string svg = render_feature_grid(small_grid(3, 2));
  CHECK(test::count(svg, "@media (prefers-color-scheme:dark){") == 1);
  const std::regex size("font-size:([0-9.]+)px");
  int sizes = 0;
  for (std::sregex_iterator match(svg.begin(), svg.end(), size), end; match != end; ++match, ++sizes)
    CHECK(std::stod((*match)[1]) >= 12);
  CHECK(sizes >= 5);
}

TEST_CASE("feature grid: without photographs held out, nothing is said of them") {
  FeatureGrid grid = small_grid(2, 2);
  grid.held_out.assign(5, false);
  const std::string svg = render_feature_grid(grid);
  CHECK(test::well_formed(svg) == "");
  CHECK(test::count(svg, "held out") == 0);
  CHECK(test::count(svg, "class=\"p c0 hollow") == 0);
}

TEST_CASE("feature grid: the same identities stand in the same places of every sphere") {
  FeatureGrid grid = small_grid(3, 2);
  grid.identities.push_back("Third");
  grid.columns[0].weights = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  grid.columns[1].weights = {0, -2, 0, 3, 0, 0, 0, 0, 1};  // the same, turned about z and of other lengths
  const std::string svg = render_feature_grid(grid);
  const std::regex ray(
      "class=\"ray c([0-9])( far)?\" x1=\"([0-9.]+)\" y1=\"([0-9.]+)\" x2=\"([0-9.]+)\" y2=\"([0-9.]+)\"");
  std::vector<std::array<double, 3>> rays;  // identity, right and down
  for (std::sregex_iterator match(svg.begin(), svg.end(), ray), end; match != end; ++match)
    rays.push_back({std::stod((*match)[1]), std::stod((*match)[5]) - std::stod((*match)[3]),
                    std::stod((*match)[6]) - std::stod((*match)[4])});
  REQUIRE(rays.size() == 12);
  for (const auto& a : rays)
    for (const auto& b : rays)
      if (a[0] == b[0]) CHECK(std::hypot(a[1] - b[1], a[2] - b[2]) < 40);  // of a radius of about 200
}

TEST_CASE("feature grid: what does not fit together is refused") {
  CHECK(message(small_grid(2, 1)).empty());
  FeatureGrid grid = small_grid(2, 1);
  grid.dimension = 4;
  CHECK(test::holds(message(grid), "2 or 3 dimensions", "found 4"));
  grid = small_grid(2, 0);
  CHECK(test::holds(message(grid), "nothing to draw"));
  grid = small_grid(2, 1);
  grid.labels[1] = 2;
  CHECK(test::holds(message(grid), "label 2"));
  grid = small_grid(2, 1);
  grid.held_out.pop_back();
  CHECK(test::holds(message(grid), "5 labels and 4 marks"));
  for (auto member :
       {&FeatureColumn::features, &FeatureColumn::weights, &FeatureColumn::within, &FeatureColumn::between}) {
    grid = small_grid(3, 2);
    (grid.columns[1].*member).pop_back();
    CHECK(test::holds(message(grid), "'loss 1'", "does not fit 5 photographs of 2 identities"));
    grid = small_grid(3, 2);
    (grid.columns[1].*member)[0] = std::nan("");
    CHECK(test::holds(message(grid), "'loss 1'", "not finite"));
  }
}

TEST_CASE("feature legend: names as people write them, of at most twenty letters") {
  CHECK(shown_name("Tony_Blair") == "Tony Blair");
  CHECK(shown_name("Luiz_Inacio_Lula_da_Silva") == "Luiz Inacio Lula da…");
  CHECK(shown_name("ÄÖÜ_ÄÖÜ_ÄÖÜ_ÄÖÜ_ÄÖÜ_ÄÖÜ") == "ÄÖÜ ÄÖÜ ÄÖÜ ÄÖÜ ÄÖÜ…");
  CHECK(shown_name("abcdefghijklmnopqrst") == "abcdefghijklmnopqrst");
  CHECK(shown_name("") == "");
}

TEST_CASE("feature legend: texts are broken between words") {
  CHECK(wrapped("one two three", 1000, 10) == std::vector<std::string>{"one two three"});
  CHECK(wrapped("one two three", text_width("one two", 10), 10) ==
        std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("one  two", 1, 10) == std::vector<std::string>{"one", "two"});
  CHECK(wrapped("", 100, 10).empty());
}

TEST_CASE("feature legend: rows between two edges") {
  const auto items = [](std::size_t count) {
    return std::vector<LegendItem>(count, {Swatch::box, 0, "h within", "name"});
  };
  const double width = 24 + text_width("name", 10);  // 24 for the swatch, and 24 between two
  const Legend one(items(3), 100, 100 + 3 * width + 2 * 24, 50, true, 10, "name");
  CHECK(one.bottom() == 77);
  CHECK(Legend(items(3), 100, 99 + 3 * width + 2 * 24, 50, true, 10, "name").bottom() == 104);
  CHECK(Legend(items(3), 100, 110, 50, false, 10, "name").bottom() == 131);
  Svg svg(500, 100, "");
  one.draw(svg);
  CHECK(test::count(svg.document(),
                    fmt::format("<text class=\"name\" x=\"{:.1f}\"", 100 + width + 24 + 24)) == 1);
  CHECK(test::count(svg.document(), "<rect class=\"h within\"") == 3);
}

}  // namespace
}  // namespace hypersphere
