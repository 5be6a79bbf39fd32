#include "apps/report/sheet.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using Colour = std::array<int, 3>;

Image plain(int width, int height, std::uint8_t value) {
  return {.width = width,
          .height = height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), value)};
}

Colour at(const Image& image, int x, int y) {
  const std::size_t i =
      3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x));
  return {image.pixels[i], image.pixels[i + 1], image.pixels[i + 2]};
}

int count(const Image& image, Colour colour) {
  int found = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) found += at(image, x, y) == colour;
  return found;
}

TEST_CASE("draw_pair_sheet: both photographs whole, the frame says whether the decision was correct") {
  const SheetPair pair{
      .a = plain(96, 112, 10), .b = plain(96, 112, 20), .similarity = 0.5, .same = true, .correct = true};
  SheetPair mistake = pair;
  mistake.correct = false;
  const Image sheet = draw_pair_sheet({pair, mistake, pair}, 2);
  CHECK(sheet.pixels.size() == static_cast<std::size_t>(3 * sheet.width * sheet.height));
  CHECK(count(sheet, {10, 10, 10}) == 3 * 96 * 112);
  CHECK(count(sheet, {20, 20, 20}) == 3 * 96 * 112);
  const Colour first = at(sheet, 8, 8), second = at(sheet, sheet.width / 2 + 4, 8),
               third = at(sheet, 8, sheet.height / 2 + 4);
  CHECK(first[2] > first[0]);    // blue
  CHECK(second[0] > second[2]);  // orange
  CHECK(third == first);
  CHECK(count(sheet, first) > 2 * count(sheet, second) * 9 / 10);
  CHECK(at(sheet, sheet.width - 20, sheet.height - 20) == at(sheet, 0, 0));  // the fourth place stays empty
}

TEST_CASE("draw_pair_sheet: similarity, truth and decision can be read") {
  const SheetPair pair{
      .a = plain(64, 64, 10), .b = plain(64, 64, 20), .similarity = 0.25, .same = true, .correct = true};
  const Image sheet = draw_pair_sheet({pair}, 1);
  const auto differs = [&](auto change) {
    SheetPair changed = pair;
    change(changed);
    const Image other = draw_pair_sheet({changed}, 1);
    return other.width == sheet.width && other.height == sheet.height && other.pixels != sheet.pixels;
  };
  CHECK(differs([](SheetPair& p) { p.similarity = 0.26; }));
  CHECK(differs([](SheetPair& p) { p.similarity = -0.25; }));
  CHECK(differs([](SheetPair& p) { p.same = false; }));
  CHECK(differs([](SheetPair& p) { p.correct = false; }));
  CHECK_FALSE(differs([](SheetPair& p) { p.similarity = 0.2501; }));

  // "0.25" starts after the tick and a space: row 0 of the 0 is .###., twice as large.
  const Colour paper = at(sheet, 0, 0);
  const int left = 8 + 2 * 3 + 2 * 12, top = 8 + 2 * 3 + 64;
  for (int x = 0; x < 10; ++x) CHECK((at(sheet, left + x, top) == paper) == (x >= 2 && x < 8));
}

TEST_CASE("draw_pair_sheet: images of several sizes, tiny and large, numbers of every kind") {
  std::vector<SheetPair> pairs;
  for (const double similarity : {-1.0, 1.0, 0.0, -0.001, 123456.0, std::numeric_limits<double>::quiet_NaN()})
    pairs.push_back({.a = plain(1, 1, 10),
                     .b = plain(30, 7, 20),
                     .similarity = similarity,
                     .same = false,
                     .correct = true});
  const Image sheet = draw_pair_sheet(pairs, 4);
  CHECK(count(sheet, {10, 10, 10}) == 6);
  CHECK(count(sheet, {20, 20, 20}) == 6 * 210);
}

TEST_CASE("draw_pair_sheet: refuses nothing, no columns and broken images") {
  SheetPair pair{.a = plain(2, 2, 1), .b = plain(2, 2, 1)};
  CHECK_THROWS_AS(draw_pair_sheet({}, 3), Error);
  CHECK_THROWS_AS(draw_pair_sheet({pair}, 0), Error);
  pair.b.pixels.pop_back();
  CHECK_THROWS_WITH_AS(draw_pair_sheet({pair}, 1),
                       doctest::Contains("pair 0 has an image of 2 x 2 with 11 bytes"), Error);
  CHECK_THROWS_AS(draw_pair_sheet({{.a = Image{}, .b = plain(1, 1, 0)}}, 1), Error);
}

}  // namespace
}  // namespace hypersphere
