#include "tests/reference/image.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hypersphere::reference {
namespace {

using Colour = std::array<double, 3>;

// Each pixel of the image weighs (1 - |dx|) (1 - |dy|), or nothing where that would be negative.
Colour bilinear(const Images& images, const std::uint8_t* image, double x, double y) {
  const auto inside = [](double place, std::int64_t size) {
    return std::clamp(place, 0.0, static_cast<double>(size - 1));
  };
  x = inside(x, images.source_width), y = inside(y, images.source_height);
  const auto column = static_cast<std::int64_t>(x), line = static_cast<std::int64_t>(y);
  Colour sum{};
  for (std::int64_t j = line; j <= std::min(line + 1, images.source_height - 1); ++j)
    for (std::int64_t i = column; i <= std::min(column + 1, images.source_width - 1); ++i) {
      const double weight =
          (1 - std::abs(x - static_cast<double>(i))) * (1 - std::abs(y - static_cast<double>(j)));
      for (std::size_t c = 0; c < 3; ++c)
        sum[c] += weight * image[(j * images.source_width + i) * 3 + static_cast<std::int64_t>(c)];
    }
  return sum;
}

// The authors of a change think in terms of the picture: it is turned and enlarged about its middle, then moved. So the
// place of a pixel is found by the inverse of these in the opposite order, and the picture may be a mirror image.
Colour placed(const Images& images, const std::uint8_t* image, const ImageChange& change, std::int64_t x,
              std::int64_t y) {
  const auto half = [](std::int64_t size) { return static_cast<double>(size - 1) / 2; };
  const auto number = [](float value) { return static_cast<double>(value); };
  const double right = static_cast<double>(x) - half(images.width) - number(change.shift_x);
  const double down = static_cast<double>(y) - half(images.height) - number(change.shift_y);
  const double length = std::hypot(number(change.step_x), number(change.step_y));
  const double angle = std::atan2(number(change.step_y), number(change.step_x)) + std::atan2(down, right);
  const double distance = length * std::hypot(right, down);
  double from_x = distance * std::cos(angle);
  if (change.mirror == 1) from_x = -from_x;
  return bilinear(images, image, half(images.source_width) + from_x,
                  half(images.source_height) + distance * std::sin(angle));
}

// A change of whole pixels, where the above would round.
Colour moved(const Images& images, const std::uint8_t* image, const ImageChange& change, std::int64_t x,
             std::int64_t y) {
  const std::int64_t margin_x = (images.source_width - images.width) / 2,
                     margin_y = (images.source_height - images.height) / 2;
  const double right = static_cast<double>(x + margin_x) - static_cast<double>(change.shift_x);
  const double down = static_cast<double>(y + margin_y) - static_cast<double>(change.shift_y);
  const double last = static_cast<double>(images.source_width - 1);
  return bilinear(images, image, change.mirror == 1 ? last - right : right, down);
}

void colour(const ImageChange& change, Colour& value) {
  const auto number = [](float factor) { return static_cast<double>(factor); };
  const double grey = 0.299 * value[0] + 0.587 * value[1] + 0.114 * value[2];
  for (double& channel : value) {
    const double saturated = grey + number(change.saturation) * (channel - grey);
    const double contrasted = 127.5 + number(change.contrast) * (saturated - 127.5);
    channel = std::clamp(contrasted + 128 * number(change.brightness), 0.0, 255.0);
  }
}

bool erased(const ImageChange& change, std::int64_t x, std::int64_t y) {
  const auto column = static_cast<float>(x), line = static_cast<float>(y);
  return column >= change.erase_left && column < change.erase_right && line >= change.erase_top &&
         line < change.erase_bottom;
}

}  // namespace

Values Images::normalised(const std::vector<std::uint8_t>& pixels,
                          const std::vector<ImageChange>& changes) const {
  Values out;
  for (std::int64_t n = 0; n < count; ++n) {
    const std::uint8_t* image = pixels.data() + n * source_height * source_width * 3;
    const ImageChange change = changes.empty() ? ImageChange{} : changes[static_cast<std::size_t>(n)];
    const bool turned = change.step_x != 1 || change.step_y != 0;
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        Colour value = turned ? placed(*this, image, change, x, y) : moved(*this, image, change, x, y);
        colour(change, value);
        for (const double channel : value) out.push_back(erased(change, x, y) ? 0 : (channel - 127.5) / 128);
      }
  }
  return out;
}

}  // namespace hypersphere::reference
