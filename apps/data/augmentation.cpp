#include "apps/data/augmentation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/error.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

constexpr double degree = std::numbers::pi / 180;

// Uniform in [low, high).
double between(Random& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random.uniform());
}

// Whole pixels of a rectangle's side and where it begins, for a place in [0, 1).
struct Side {
  float begin, end;
  Side(double wanted, int size, double place) {
    const double length = std::clamp(std::round(wanted), 1.0, static_cast<double>(size));
    const double first = std::floor(place * (static_cast<double>(size) - length + 1));
    begin = static_cast<float>(first);
    end = static_cast<float>(first + length);
  }
};

}  // namespace

void check_augmentation(const AugmentationOptions& options, int width, int height) {
  expect(options.shift >= 0 && options.shift < std::min(width, height),
         "augmentation: expected a shift from 0 to less than the {} x {} pixels, found {}", width, height,
         options.shift);
  const auto range = [](const char* name, double value, double most) {
    expect(value >= 0 && value <= most, "augmentation: expected {} from 0 to {}, found {}", name, most,
           value);
  };
  range("scale", options.scale, 1);
  range("rotate", options.rotate, 45);
  range("contrast", options.contrast, 1);
  range("brightness", options.brightness, 1);
  range("saturation", options.saturation, 1);
  range("grey", options.grey, 1);
  range("erase", options.erase, 1);
  range("erase_least", options.erase_least, options.erase_most);
  range("erase_most", options.erase_most, 1);
}

Margin margin_of(const AugmentationOptions& options, int width, int height) {
  const double half_x = (width - 1) / 2.0, half_y = (height - 1) / 2.0;
  // How far a corner of the picture, moved by the shift and turned about the middle, lies from it along one axis.
  const auto margin = [&](double along, double across) {
    const double far = along + options.shift, aside = across + options.shift;
    const double angle = std::min(options.rotate * degree, std::atan2(aside, far));
    const double reach = (1 + options.scale) * (far * std::cos(angle) + aside * std::sin(angle));
    return static_cast<int>(std::ceil(reach - along - 1e-9));
  };
  return {margin(half_x, half_y), margin(half_y, half_x)};
}

ImageChange draw_change(const AugmentationOptions& options, int width, int height, std::uint64_t seed,
                        std::int64_t position) {
  // All of it is drawn whatever the options, so that changing one does not change the others.
  Random random(seed, random_stream(RandomUse::augment, static_cast<std::uint64_t>(position)));
  ImageChange change;
  const bool mirror = random.bits() >> 31 != 0;
  if (options.mirror && mirror) change.mirror = 1;
  const auto shift = [&] {
    return static_cast<float>(
        static_cast<int>(random.below(2 * static_cast<std::uint32_t>(options.shift) + 1)) - options.shift);
  };
  change.shift_x = shift();
  change.shift_y = shift();

  const double enlarged = std::exp(std::log1p(options.scale) * between(random, -1, 1));
  const double angle = options.rotate * degree * between(random, -1, 1);
  change.step_x = static_cast<float>(std::cos(angle) / enlarged);
  change.step_y = static_cast<float>(-std::sin(angle) / enlarged);

  change.contrast = static_cast<float>(1 + options.contrast * between(random, -1, 1));
  change.brightness = static_cast<float>(options.brightness * between(random, -1, 1));
  change.saturation = static_cast<float>(1 + options.saturation * between(random, -1, 1));
  if (between(random, 0, 1) < options.grey) change.saturation = 0;

  const bool erase = between(random, 0, 1) < options.erase;
  const double area = between(random, options.erase_least, options.erase_most) * width * height;
  constexpr double narrowest = 0.3;
  const double shape = std::exp(std::log(narrowest) * between(random, -1, 1));
  const double place_x = between(random, 0, 1), place_y = between(random, 0, 1);
  if (erase) {
    const Side columns(std::sqrt(area * shape), width, place_x),
        lines(std::sqrt(area / shape), height, place_y);
    change.erase_left = columns.begin, change.erase_right = columns.end;
    change.erase_top = lines.begin, change.erase_bottom = lines.end;
  }
  return change;
}

}  // namespace hypersphere
