#include "apps/report/thumbnails.h"

#include <doctest/doctest.h>

#include "apps/report/base64.h"
#include "tensor/error.h"
#include "tests/apps/report/temporary_folder.h"
#include "tests/apps/report/xml.h"

namespace hypersphere {
namespace {

Image plain(int width, int height, std::uint8_t value) {
  return {.width = width,
          .height = height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), value)};
}

std::string embedded(const Image& image) {
  return "data:image/jpeg;base64," + base64(encode_jpeg(image, 88));
}

TEST_CASE("render_thumbnails: rows of photographs that are in the document, framed, with their words") {
  const std::string svg = render_thumbnails(
      "a < b",
      {{"Ada & Co", "two of them", {{plain(96, 112, 10), {"12.5°"}}, {plain(90, 100, 200), {"80°"}, true}}},
       {"Bo", "", {{plain(96, 112, 30), {"one", "two"}}}}});
  CHECK(test::well_formed(svg) == "");
  CHECK(test::count(svg, "<image ") == 3);
  CHECK(svg.find("width=\"96\" height=\"112\" href=\"" + embedded(plain(96, 112, 10))) != std::string::npos);
  CHECK(svg.find("width=\"90\" height=\"100\" href=\"" + embedded(plain(90, 100, 200))) != std::string::npos);
  CHECK(test::count(svg, "<rect class=\"line c0\"") == 2);
  CHECK(test::count(svg, "<rect class=\"line c1\"") == 1);
  for (const char* text :
       {">a &lt; b<", ">Ada &amp; Co<", ">two of them<", ">12.5°<", ">80°<", ">one<", ">two<"})
    CHECK(svg.find(text) != std::string::npos);
  CHECK(svg.find("prefers-color-scheme:dark") != std::string::npos);
}

TEST_CASE("render_thumbnails: captions are cut to their cell, at whole letters") {
  const std::string name(40, 'n');
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "ü";
  const std::string svg =
      render_thumbnails("t", {{"row", "", {{plain(50, 50, 1), {name, umlauts, "short"}}}}});
  CHECK(test::well_formed(svg) == "");
  CHECK(svg.find(name) == std::string::npos);
  CHECK(svg.find(">nnnnnnnnn…</text>") != std::string::npos);  // 10 letters of 6.9 in 50 + 28 - 8 pixels
  CHECK(svg.find(">üüüüüüüüü…</text>") != std::string::npos);
  CHECK(svg.find(">short</text>") != std::string::npos);
}

TEST_CASE("render_thumbnails: a row without photographs, and what cannot be drawn") {
  CHECK(test::well_formed(render_thumbnails("t", {{"row", "note", {}}})) == "");
  CHECK_THROWS_AS(render_thumbnails("t", {}), Error);
  Image broken = plain(4, 4, 0);
  broken.pixels.pop_back();
  CHECK_THROWS_AS(render_thumbnails("t", {{"row", "", {{broken, {}}}}}), Error);
}

}  // namespace
}  // namespace hypersphere
