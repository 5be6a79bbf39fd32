#include "kernels/image/image.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"
#include "tests/reference/image.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  std::int64_t height, width;           // of the result
  std::vector<ImageChange> changes;     // of each image; empty: one image, none
  std::int64_t more_y = 0, more_x = 0;  // lines and columns of the source besides, on either side
};

ImageChange moved(float mirror, float shift_x, float shift_y) {
  return {.mirror = mirror, .shift_x = shift_x, .shift_y = shift_y};
}

// Clockwise by `degrees`, enlarged.
ImageChange turned(double degrees, double enlarged, ImageChange change = {}) {
  const double angle = degrees * std::numbers::pi / 180;
  change.step_x = static_cast<float>(std::cos(angle) / enlarged);
  change.step_y = static_cast<float>(-std::sin(angle) / enlarged);
  return change;
}

std::vector<ImageChange> mirrored_every_other(int images) {
  std::vector<ImageChange> changes;
  for (int n = 0; n < images; ++n) changes.push_back(moved(static_cast<float>(n % 2), 0, 0));
  return changes;
}

const ImageChange everything = turned(7, 1.1,
                                      {.mirror = 1,
                                       .shift_x = 2.25f,
                                       .shift_y = -1,
                                       .contrast = 1.3f,
                                       .brightness = -0.2f,
                                       .saturation = 0.5f,
                                       .erase_left = 1,
                                       .erase_top = 2,
                                       .erase_right = 4,
                                       .erase_bottom = 5});

const Case cases[] = {
    {"plain", 5, 4, {}},
    {"one pixel", 1, 1, {moved(1, 2, -1)}},
    {"nothing to do", 3, 4, {{}}},
    {"mirror, odd and even", 3, 5, {moved(1, 0, 0), {}}},
    {"shifts both ways", 6, 7, {moved(0, 2, -1), moved(0, -2, 1)}},
    {"mirror and shift", 6, 7, {moved(1, 2, 1), moved(1, -1, -2)}},
    {"shifted out of the image", 4, 5, {moved(1, 9, 0), moved(0, -9, 7), moved(1, 0, -8)}},
    {"the extremes of a shift", 4, 5, {moved(1, 3e38f, -3e38f), moved(0, -2147483648.0f, 2147483648.0f)}},
    {"more images than blocks", 1, 2, mirrored_every_other(300)},
    {"SphereFace's size, plain", 112, 96, {}},
    {"SphereFace's size", 112, 96, {moved(1, 2, -2), moved(0, -1, 1)}},

    {"surroundings, cut away", 4, 5, {}, 1, 2},
    {"surroundings that are not there on one axis", 4, 6, {moved(1, 1, 0), moved(0, 0, -1)}, 0, 3},
    {"surroundings and shifts beyond them", 4, 8, {moved(1, 2, -3), moved(0, -7, 2)}, 2, 3},
    {"parts of a pixel", 5, 6, {moved(0, 0.5f, 0), moved(1, -1.25f, 0.75f), moved(0, 0, 2.125f)}, 1, 1},
    {"turns", 6, 6, {turned(90, 1), turned(-33, 1), turned(180, 1, moved(1, 1, 0)), turned(5, 1)}},
    {"sizes", 5, 8, {turned(0, 2), turned(0, 0.4), turned(0, 1.25, moved(1, 0, 1))}, 3, 2},
    {"turned out of the image", 4, 4, {turned(45, 0.1), turned(20, 1, moved(0, 100, -50))}},
    {"turned, one pixel", 1, 1, {turned(30, 2, moved(1, 0.5f, 0.5f))}, 1, 0},
    {"turned, one line", 1, 7, {turned(30, 2, moved(1, 0.5f, 0.5f))}},
    {"turned, one column", 7, 1, {turned(30, 2, moved(1, 0.5f, 0.5f))}},
    {"contrast", 3, 5, {{.contrast = 0.4f}, {.contrast = 3}, {.contrast = 0}}},
    {"brightness", 3, 5, {{.brightness = 0.5f}, {.mirror = 1, .brightness = -0.5f}, {.brightness = 3}}},
    {"saturation", 3, 5, {{.saturation = 0}, {.saturation = 0.5f}, {.saturation = 2}}},
    {"erased",
     4,
     8,
     {{.erase_left = 1, .erase_top = 1, .erase_right = 4, .erase_bottom = 3},
      {.erase_left = -2, .erase_top = 0, .erase_right = 99, .erase_bottom = 1},
      {.erase_left = 4, .erase_top = 2, .erase_right = 2, .erase_bottom = 4}}},
    {"everything", 6, 8, {everything, {}, moved(1, 1, 1)}, 2, 1},
    {"everything, odd", 7, 7, {everything}, 1, 1},
    {"SphereFace's size, everything", 112, 96, {everything}, 17, 18},
};

// Each value is one that the source has, or 0.
bool is_exact(const Case& c) {
  return std::ranges::all_of(c.changes, [](const ImageChange& change) {
    return change.moves_whole_pixels() && change.keeps_colours();
  });
}

Tensor rows_of(const std::vector<ImageChange>& changes) {
  Tensor rows = Tensor::empty({std::ssize(changes), ImageChange::numbers});
  for (std::size_t n = 0; n < changes.size(); ++n)
    changes[n].write(rows.data<float>() + static_cast<std::int64_t>(n) * ImageChange::numbers);
  return rows;
}

std::vector<std::uint8_t> random_bytes(std::int64_t count) {
  const Tensor drawn = random_labels(count, 256);
  std::vector<std::uint8_t> bytes;
  for (const std::int32_t value : drawn.span<std::int32_t>())
    bytes.push_back(static_cast<std::uint8_t>(value));
  return bytes;
}

// One image on each device; the first channel of the result, which has the shape of `expected`.
void check_by_hand(const std::vector<std::uint8_t>& grey, std::int64_t lines, std::int64_t columns,
                   const ImageChange& change, const std::vector<double>& expected, std::int64_t height,
                   std::int64_t width) {
  std::vector<std::uint8_t> pixels;
  for (const std::uint8_t value : grey) pixels.insert(pixels.end(), 3, value);
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    Tensor out = poisoned_on(device, {1, height, width, 3});
    image_normalise(Tensor::from(pixels, {1, lines, columns, 3}).to(device), rows_of({change}).to(device),
                    out);
    const std::vector<double> found = to_double(out);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      INFO("pixel ", i);
      CHECK(found[3 * i] * 128 + 127.5 == doctest::Approx(expected[i]).epsilon(1e-5));
    }
  }
}

}  // namespace

TEST_CASE("image_normalise: agrees with the oracle") {
  for (const auto& [device, dtype] : device_types())
    for (const Case& c : cases) {
      INFO(c.name, " ", to_string(dtype), " on ", to_string(device));
      const std::int64_t batch = std::max<std::int64_t>(1, std::ssize(c.changes));
      const reference::Images images{batch, c.height + 2 * c.more_y, c.width + 2 * c.more_x, c.height,
                                     c.width};
      const Shape source = {batch, images.source_height, images.source_width, 3};
      const Shape shape = {batch, c.height, c.width, 3};
      const std::vector<std::uint8_t> pixels = random_bytes(source.size());
      const Tensor in = Tensor::from(pixels, source);
      const Tensor changes = c.changes.empty() ? Tensor() : rows_of(c.changes);
      const Values exact = to_double(from_double(images.normalised(pixels, c.changes), shape));
      const Values expected = dtype == DType::bf16 ? rounded_to_bf16(exact) : exact;
      for_each_schedule(
          device,
          [&, device = device, dtype = dtype] {
            Tensor out = poisoned_on(device, shape, dtype);
            image_normalise(in.to(device), changes.defined() ? changes.to(device) : changes, out);
            if (is_exact(c))
              CHECK(to_double(out) == expected);
            else
              CHECK(error_of(out, expected) < bound_of(dtype));
          },
          work_of(shape));
      if (device == Device::cpu)
        check_thread_counts([&] {
          Tensor again = poisoned(shape);
          image_normalise(in, changes, again);
          return std::vector{again};
        });
    }
}

TEST_CASE("image_normalise: places by hand") {
  const std::vector<std::uint8_t> nine = {10, 20, 30, 40, 50, 60, 70, 80, 90};  // 3 x 3
  check_by_hand(nine, 3, 3, turned(90, 1), {70, 40, 10, 80, 50, 20, 90, 60, 30}, 3, 3);
  check_by_hand(nine, 3, 3, turned(90, 1, moved(1, 0, 0)), {90, 60, 30, 80, 50, 20, 70, 40, 10}, 3, 3);
  check_by_hand(nine, 3, 3, turned(0, 2), {30, 35, 40, 45, 50, 55, 60, 65, 70}, 3, 3);
  check_by_hand(nine, 3, 3, turned(0, 0.5), {10, 20, 30, 40, 50, 60, 70, 80, 90}, 3, 3);
  check_by_hand(nine, 3, 3, moved(0, 0.25f, 0), {10, 17.5, 27.5, 40, 47.5, 57.5, 70, 77.5, 87.5}, 3, 3);
  check_by_hand(nine, 3, 3, {}, {50}, 1, 1);              // what surrounds it is cut away
  check_by_hand(nine, 3, 3, moved(0, 1, 1), {10}, 1, 1);  // and shows where the picture moves
  check_by_hand(nine, 3, 3, moved(1, 1, 1), {30}, 1, 1);
  check_by_hand(nine, 3, 3, turned(45, 1), {50}, 1, 1);
}

TEST_CASE("image_normalise: colours by hand") {
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Tensor pixel = Tensor::from(std::vector<std::uint8_t>{200, 100, 50}, {1, 1, 1, 3}).to(device);
    const auto check = [&](const ImageChange& change, double red, double green, double blue) {
      Tensor out = poisoned_on(device, {1, 1, 1, 3});
      image_normalise(pixel, rows_of({change}).to(device), out);
      const std::vector<double> found = to_double(out), expected = {red, green, blue};
      for (std::size_t c = 0; c < 3; ++c)
        CHECK(found[c] * 128 + 127.5 == doctest::Approx(expected[c]).epsilon(1e-5));
    };
    check({.saturation = 0}, 124.2, 124.2, 124.2);
    check({.saturation = 0.5f}, 162.1, 112.1, 87.1);
    check({.contrast = 0.5f}, 163.75, 113.75, 88.75);
    check({.contrast = 0}, 127.5, 127.5, 127.5);
    check({.brightness = 0.25f}, 232, 132, 82);
    check({.contrast = 2, .brightness = 0.5f}, 255, 136.5, 36.5);
    check({.brightness = -1}, 72, 0, 0);
    check({.brightness = 1, .erase_right = 1, .erase_bottom = 1}, 127.5, 127.5, 127.5);
  }
}

TEST_CASE("image_normalise: numbers that are none are edges, not faults") {
  const float nan = std::nanf("");
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    Tensor out = poisoned_on(device, {2, 3, 4, 3});
    const Tensor grey = Tensor::from(std::vector<std::uint8_t>(2 * 36, 191), {2, 3, 4, 3}).to(device);
    image_normalise(
        grey, rows_of({moved(0, nan, nan), {.shift_x = nan, .step_x = nan, .step_y = nan}}).to(device), out);
    for (const double value : to_double(out)) CHECK(value == (191 - 127.5) / 128);
  }
}

TEST_CASE("image_normalise: unfit shapes are named") {
  const Tensor pixels = Tensor::zeros({2, 4, 4, 3}, DType::u8);
  Tensor out = poisoned({2, 4, 4, 3}), wrong = poisoned({2, 4, 4, 1});
  CHECK_FAILS(image_normalise(pixels, Tensor(), wrong), "image_normalise: expected out");
  for (const Shape shape :
       {Shape{2, 3, 4, 3}, {2, 4, 1, 3}, {2, 6, 4, 3}, {2, 0, 4, 3}, {1, 4, 4, 3}, {4, 4, 3}}) {
    Tensor unfit = poisoned(shape);
    CHECK_FAILS(image_normalise(pixels, Tensor(), unfit), "image_normalise: expected out");
  }
  for (const Tensor& changes : {Tensor::zeros({1, ImageChange::numbers}), Tensor::zeros({2, 3}),
                                Tensor::zeros({2, ImageChange::numbers}, DType::i32)})
    CHECK_FAILS(image_normalise(pixels, changes, out), "image_normalise: expected changes");
  CHECK_FAILS(image_normalise(Tensor::zeros({2, 4, 4, 1}, DType::u8), Tensor(), wrong),
              "image_normalise: expected pixels");
  CHECK_FAILS(image_normalise(out, Tensor(), out), "image_normalise: expected pixels");
}
