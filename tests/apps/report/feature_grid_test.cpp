#include "apps/report/feature_grid.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>

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

// The numbers that follow each occurrence of `before`.
std::vector<double> numbers_after(const std::string& text, std::string_view before) {
  std::vector<double> numbers;
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at + 1))
    numbers.push_back(std::stod(text.substr(at + before.size(), 20)));
  return numbers;
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
  const double width = numbers_after(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").at(0);
  const double height = numbers_after(svg, fmt::format("width=\"{}\" height=\"", width)).at(0);
  const auto within = [&](const std::vector<const char*>& attributes, double most) {
    for (const char* attribute : attributes)
      for (const double value : numbers_after(svg, fmt::format(" {}=\"", attribute))) {
        CHECK(value >= 0);
        CHECK(value <= most);
      }
  };
  within({"x", "cx", "x1", "x2"}, width);
  within({"y", "cy", "y1", "y2"}, height);
  CHECK(width == 1600);  // five columns fill a slide
}

TEST_CASE("feature grid: legible on a slide, on light and on dark pages") {
  const std::string svg = render_feature_grid(small_grid(3, 2));
  CHECK(test::count(svg, "@media (prefers-color-scheme:dark){") == 1);
  const std::vector<double> sizes = numbers_after(svg, "font-size:");
  for (const double size : sizes) CHECK(size >= 12);
  CHECK(sizes.size() >= 5);
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
  for (const char* identity : {"0", "1", "2"}) {
    std::vector<std::array<double, 2>> tips;  // right of the middle, and below it
    for (const char* side : {"", " far"}) {
      const std::string ray = fmt::format("<line class=\"ray c{}{}\" x1=\"", identity, side);
      for (std::size_t at = svg.find(ray); at != std::string::npos; at = svg.find(ray, at + 1)) {
        const std::string line = svg.substr(at, svg.find('>', at) - at);
        const auto value = [&](const char* name) {
          return numbers_after(line, fmt::format(" {}=\"", name)).at(0);
        };
        tips.push_back({value("x2") - value("x1"), value("y2") - value("y1")});
      }
    }
    REQUIRE(tips.size() == 4);    // two panels of two columns
    for (const auto& tip : tips)  // of a radius of about 200
      CHECK(std::hypot(tip[0] - tips[0][0], tip[1] - tips[0][1]) < 40);
  }
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
