#include "apps/data/crop.h"

#include <stb_image_resize.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "tensor/error.h"

namespace hypersphere {
namespace {

std::size_t bytes(int width, int height) {
  return std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

// Where a picture with a margin lies along one axis of the image.
struct Span {
  int before, after;  // pixels of the margin that the image has
  int size;           // of what it has: before, the picture, after
  double low, high;   // of that, as shares of the image

  Span(int box_low, int box_high, int image, int picture, int margin) {
    const std::int64_t box = box_high - box_low;
    const auto there = [&](std::int64_t beside) {
      return static_cast<int>(std::min<std::int64_t>(margin, beside * picture / box));
    };
    before = there(box_low), after = there(image - box_high);
    size = before + picture + after;
    const double pixel = static_cast<double>(box) / picture;
    low = std::max(0.0, (box_low - before * pixel) / image);
    high = std::min(1.0, (box_high + after * pixel) / image);
  }
};

// Fills what is left of `result` round the `columns` and `lines` in it, which begin at (left, top), with their edges.
void repeat_edges(Image& result, int left, int top, int columns, int lines) {
  std::uint8_t* const pixels = result.pixels.data();
  for (int y = top; y < top + lines; ++y) {
    std::uint8_t* line = pixels + bytes(result.width, y);
    for (int x = 0; x < left; ++x) std::memcpy(line + bytes(x, 1), line + bytes(left, 1), 3);
    for (int x = left + columns; x < result.width; ++x)
      std::memcpy(line + bytes(x, 1), line + bytes(left + columns - 1, 1), 3);
  }
  const auto copy_line = [&](int from, int to) {
    std::memcpy(pixels + bytes(result.width, to), pixels + bytes(result.width, from), bytes(result.width, 1));
  };
  for (int y = 0; y < top; ++y) copy_line(top, y);
  for (int y = top + lines; y < result.height; ++y) copy_line(top + lines - 1, y);
}

Image with_margin(const Image& image, const CropBox& box, int width, int height, Margin margin) {
  const Span columns(box.left, box.right, image.width, width, margin.x);
  const Span lines(box.top, box.bottom, image.height, height, margin.y);
  const int left = margin.x - columns.before, top = margin.y - lines.before;
  Image result{width + 2 * margin.x, height + 2 * margin.y, {}};
  result.pixels.resize(bytes(result.width, result.height));
  std::uint8_t* first = result.pixels.data() + bytes(result.width, top) + bytes(left, 1);
  if (box.right - box.left == width && box.bottom - box.top == height) {
    for (int y = 0; y < lines.size; ++y)
      std::memcpy(first + bytes(result.width, y),
                  image.pixels.data() + bytes(image.width, box.top - lines.before + y) +
                      bytes(box.left - columns.before, 1),
                  bytes(columns.size, 1));
  } else {
    const int done = stbir_resize_region(
        image.pixels.data(), image.width, image.height, 0, first, columns.size, lines.size, 3 * result.width,
        STBIR_TYPE_UINT8, 3, STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, STBIR_EDGE_CLAMP,
        STBIR_FILTER_CATMULLROM, STBIR_FILTER_CATMULLROM, STBIR_COLORSPACE_LINEAR, nullptr,
        static_cast<float>(columns.low), static_cast<float>(lines.low), static_cast<float>(columns.high),
        static_cast<float>(lines.high));
    expect(done == 1, "crop: could not resize to {} x {} pixels with a margin", columns.size, lines.size);
  }
  repeat_edges(result, left, top, columns.size, lines.size);
  return result;
}

}  // namespace

CropBox parse_crop(std::string_view text) {
  std::array<int, 4> edges{};
  const char* at = text.data();
  const char* const end = at + text.size();
  bool good = true;
  for (std::size_t i = 0; i < edges.size() && good; ++i) {
    if (i > 0) good = at != end && *at++ == ',';
    if (!good) break;
    const auto [next, error] = std::from_chars(at, end, edges[i]);
    good = error == std::errc{};
    at = next;
  }
  const CropBox box{edges[0], edges[1], edges[2], edges[3]};
  good = good && at == end && box.left >= 0 && box.top >= 0 && box.left < box.right && box.top < box.bottom;
  expect(good,
         "crop: expected left,top,right,bottom in pixels with left < right and top < bottom, such as "
         "71,53,179,179; found '{}'",
         text);
  return box;
}

Image crop_and_resize(const Image& image, std::optional<CropBox> box, int width, int height, Margin margin) {
  expect(margin.x >= 0 && margin.y >= 0, "crop: expected a margin of 0 or more, found {} and {}", margin.x,
         margin.y);
  expect(width > 0 && height > 0, "crop: expected a target of at least 1 x 1 pixels, found {} x {}", width,
         height);
  expect(image.width > 0 && image.height > 0 && image.pixels.size() == bytes(image.width, image.height),
         "crop: {} x {} pixels and {} bytes do not make an RGB picture", image.width, image.height,
         image.pixels.size());
  const CropBox from = box.value_or(CropBox{0, 0, image.width, image.height});
  expect(from.left >= 0 && from.top >= 0 && from.left < from.right && from.top < from.bottom &&
             from.right <= image.width && from.bottom <= image.height,
         "crop: the box {},{},{},{} is not inside the image of {} x {} pixels", from.left, from.top,
         from.right, from.bottom, image.width, image.height);
  const int from_width = from.right - from.left, from_height = from.bottom - from.top;
  if (margin != Margin{}) return with_margin(image, from, width, height, margin);
  if (from_width == image.width && from_height == image.height && width == image.width &&
      height == image.height)
    return image;

  Image result{width, height, std::vector<std::uint8_t>(bytes(width, height))};
  const std::uint8_t* first = image.pixels.data() + bytes(image.width, from.top) + bytes(from.left, 1);
  const int stride = 3 * image.width;
  if (from_width == width && from_height == height) {  // a plain cut must not soften the picture
    for (int y = 0; y < height; ++y)
      std::memcpy(result.pixels.data() + bytes(width, y), first + bytes(image.width, y), bytes(width, 1));
    return result;
  }
  const int done =
      stbir_resize_uint8_generic(first, from_width, from_height, stride, result.pixels.data(), width, height,
                                 3 * width, 3, STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP,
                                 STBIR_FILTER_CATMULLROM, STBIR_COLORSPACE_LINEAR, nullptr);
  expect(done == 1, "crop: could not resize {} x {} pixels to {} x {}", from_width, from_height, width,
         height);
  return result;
}

}  // namespace hypersphere
