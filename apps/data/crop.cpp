#include "apps/data/crop.h"

#include <stb_image_resize.h>

#include <array>
#include <charconv>
#include <cstring>

#include "tensor/error.h"

namespace hypersphere {
namespace {

std::size_t bytes(int width, int height) {
  return std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
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

Image crop_and_resize(const Image& image, std::optional<CropBox> box, int width, int height) {
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

Image read_cropped(const std::filesystem::path& path, std::optional<CropBox> box, int width, int height) {
  const Image image = read_image(path);
  try {
    return crop_and_resize(image, box, width, height);
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

}  // namespace hypersphere
