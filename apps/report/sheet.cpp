#include "apps/report/sheet.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using Colour = std::array<std::uint8_t, 3>;

constexpr Colour page{250, 250, 250};
constexpr Colour right{0, 114, 178}, wrong{213, 94, 0};  // blue and orange stay apart for the colour-blind

constexpr int frame = 3, padding = 8, glyph_width = 5, glyph_height = 7, scale = 2;
constexpr int text_height = glyph_height * scale, caption = text_height + 2 * frame;

// Glyphs of 5 x 7 pixels, a row a number, the leftmost pixel in bit 4.
struct Glyph {
  char letter;
  std::array<std::uint8_t, glyph_height> rows;
};
constexpr char tick = 'v', cross = 'x';
constexpr Glyph glyphs[] = {
    {'0', {0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110}},
    {'1', {0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}},
    {'2', {0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111}},
    {'3', {0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110}},
    {'4', {0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010}},
    {'5', {0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110}},
    {'6', {0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110}},
    {'7', {0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000}},
    {'8', {0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110}},
    {'9', {0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100}},
    {'-', {0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000}},
    {'.', {0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100}},
    {'A', {0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001}},
    {'D', {0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110}},
    {'E', {0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111}},
    {'F', {0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000}},
    {'I', {0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110}},
    {'M', {0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001}},
    {'S', {0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110}},
    {'a', {0b00000, 0b00000, 0b01110, 0b00001, 0b01111, 0b10001, 0b01111}},
    {'n', {0b00000, 0b00000, 0b11110, 0b10001, 0b10001, 0b10001, 0b10001}},
    {tick, {0b00000, 0b00001, 0b00011, 0b10110, 0b11100, 0b01000, 0b00000}},
    {cross, {0b00000, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b00000}},
};

void fill(Image& image, int left, int top, int width, int height, Colour colour) {
  const int x_end = std::min(left + width, image.width), y_end = std::min(top + height, image.height);
  for (int y = std::max(top, 0); y < y_end; ++y)
    for (int x = std::max(left, 0); x < x_end; ++x)
      std::copy(colour.begin(), colour.end(),
                image.pixels.begin() + 3 * (static_cast<std::ptrdiff_t>(y) * image.width + x));
}

void paste(Image& image, const Image& part, int left, int top) {
  for (int y = 0; y < part.height; ++y)
    std::copy_n(part.pixels.begin() + 3 * static_cast<std::ptrdiff_t>(y) * part.width, 3 * part.width,
                image.pixels.begin() + 3 * (static_cast<std::ptrdiff_t>(top + y) * image.width + left));
}

int text_width(std::string_view text) {
  return static_cast<int>(text.size()) * (glyph_width + 1) * scale - scale;
}

void write(Image& image, int left, int top, std::string_view text, Colour colour) {
  for (const char letter : text) {
    for (const Glyph& glyph : glyphs) {
      if (glyph.letter != letter) continue;
      for (int y = 0; y < glyph_height; ++y)
        for (int x = 0; x < glyph_width; ++x)
          if (glyph.rows[static_cast<std::size_t>(y)] >> (glyph_width - 1 - x) & 1)
            fill(image, left + x * scale, top + y * scale, scale, scale, colour);
    }
    left += (glyph_width + 1) * scale;
  }
}

void check(const std::vector<SheetPair>& pairs, int columns) {
  expect(!pairs.empty(), "sheet: no pairs to draw");
  expect(columns >= 1, "sheet: expected at least one column, found {}", columns);
  for (std::size_t i = 0; i < pairs.size(); ++i)
    for (const Image* image : {&pairs[i].a, &pairs[i].b})
      expect(image->width > 0 && image->height > 0 &&
                 image->pixels.size() ==
                     3 * static_cast<std::size_t>(image->width) * static_cast<std::size_t>(image->height),
             "sheet: pair {} has an image of {} x {} with {} bytes of pixels", i, image->width, image->height,
             image->pixels.size());
}

}  // namespace

Image draw_pair_sheet(const std::vector<SheetPair>& pairs, int columns) {
  check(pairs, columns);
  int width = 0, height = 0;
  for (const SheetPair& pair : pairs)
    for (const Image* image : {&pair.a, &pair.b}) {
      width = std::max(width, image->width);
      height = std::max(height, image->height);
    }
  const std::string_view longest = "v -0.00 SAME";
  const int inside = std::max(2 * width, text_width(longest) + 2 * frame);
  const int cell_width = inside + 2 * frame + padding, cell_height = height + frame + caption + padding;
  const int count = static_cast<int>(pairs.size()), across = std::min(columns, count);

  Image sheet{.width = across * cell_width + padding,
              .height = (count + columns - 1) / columns * cell_height + padding,
              .pixels = {}};
  sheet.pixels.resize(3 * static_cast<std::size_t>(sheet.width) * static_cast<std::size_t>(sheet.height));
  fill(sheet, 0, 0, sheet.width, sheet.height, page);
  for (int i = 0; i < count; ++i) {
    const SheetPair& pair = pairs[static_cast<std::size_t>(i)];
    const int left = padding + i % columns * cell_width, top = padding + i / columns * cell_height;
    const Colour colour = pair.correct ? right : wrong;
    fill(sheet, left, top, inside + 2 * frame, frame + height + caption, colour);
    fill(sheet, left + frame, top + frame, inside, height, page);
    const int images_left = left + frame + (inside - 2 * width) / 2;
    paste(sheet, pair.a, images_left + (width - pair.a.width) / 2,
          top + frame + (height - pair.a.height) / 2);
    paste(sheet, pair.b, images_left + width + (width - pair.b.width) / 2,
          top + frame + (height - pair.b.height) / 2);

    const int baseline = top + 2 * frame + height;
    const std::string similarity = fmt::format("{} {:.2f}", pair.correct ? tick : cross, pair.similarity);
    write(sheet, left + 2 * frame, baseline, similarity, page);
    const std::string_view truth = pair.same ? "SAME" : "DIFF";
    write(sheet, left + inside - text_width(truth), baseline, truth, page);
  }
  return sheet;
}

}  // namespace hypersphere
