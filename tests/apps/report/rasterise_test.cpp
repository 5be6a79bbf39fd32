#include "apps/report/rasterise.h"

#include <doctest/doctest.h>

#include <array>

#include "apps/report/plot.h"
#include "tensor/error.h"

using namespace hypersphere;

namespace {

using Colour = std::array<int, 3>;

Colour pixel(const Image& image, int x, int y) {
  const auto at =
      3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x));
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

constexpr Colour white{255, 255, 255}, red{255, 0, 0}, blue{0, 0, 255}, green{0, 128, 0};

// Four pixels by two: red, blue, blue (or green on dark pages), nothing.
const std::string four =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"2\" viewBox=\"0 0 4 2\">\n"
    "<style>\n.a{fill:red}.b{fill:blue}\n@media (prefers-color-scheme:dark){\n.b{fill:green}\n}\n</style>\n"
    "<rect class=\"a\" x=\"0\" y=\"0\" width=\"1\" height=\"2\"/><rect class=\"b\" x=\"1\" y=\"0\" "
    "width=\"2\" height=\"2\"/></svg>\n";

}  // namespace

TEST_CASE("rasterise: pixels of the document, any number for each") {
  for (const int scale : {1, 3}) {
    CAPTURE(scale);
    const Image image = rasterise(four, scale);
    REQUIRE(image.width == 4 * scale);
    REQUIRE(image.height == 2 * scale);
    REQUIRE(image.pixels.size() == static_cast<std::size_t>(3 * 4 * 2 * scale * scale));
    for (int y = 0; y < image.height; ++y)
      for (int x = 0; x < image.width; ++x) {
        const int column = x / scale;
        CHECK(pixel(image, x, y) == (column == 0 ? red : column == 3 ? white : blue));
      }
  }
}

TEST_CASE("rasterise: the colours of dark pages on request") {
  const Image dark = rasterise(with_dark_colours(four));
  CHECK(pixel(dark, 0, 0) == red);
  CHECK(pixel(dark, 1, 1) == green);
  CHECK(pixel(dark, 3, 1) == white);
  CHECK(with_dark_colours("<svg/>") == "<svg/>");
  CHECK(with_dark_colours("a@media (prefers-color-scheme:dark){b{c}}d") == "ab{c}d");
  CHECK_THROWS_WITH_AS(with_dark_colours("@media (prefers-color-scheme:dark){b{c}"),
                       doctest::Contains("does not end"), Error);
}

TEST_CASE("rasterise: this program's own plots, light and dark") {
  const std::string svg = render_svg(
      {{.title = "t", .x_label = "x", .y_label = "y", .series = {{.name = "s", .x = {0, 1}, .y = {0, 1}}}}});
  const Image light = rasterise(svg), dark = rasterise(with_dark_colours(svg));
  CHECK(light.width == 900);
  CHECK(light.height == 300);
  CHECK(pixel(light, 0, 0) == white);
  CHECK(pixel(dark, 0, 0) == Colour{0x14, 0x18, 0x1f});
}

TEST_CASE("rasterise: what is no picture, or too large a one") {
  CHECK_THROWS_WITH_AS(rasterise("no svg"), doctest::Contains("cannot draw"), Error);
  CHECK_THROWS_WITH_AS(rasterise("<svg xmlns=\"http://www.w3.org/2000/svg\"><g>"),
                       doctest::Contains("cannot draw"), Error);
  CHECK_THROWS_WITH_AS(rasterise(four, 1e5), doctest::Contains("400000 x 200000"), Error);
  CHECK_THROWS_WITH_AS(rasterise(four, 0), doctest::Contains("0 x 0"), Error);
  CHECK_THROWS_WITH_AS(rasterise("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"50%\" height=\"50%\"/>"),
                       doctest::Contains("no width and height"), Error);
}
