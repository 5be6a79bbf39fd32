#include "kernels/image/image.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  std::int64_t height, width;
  std::vector<std::int32_t> augment;  // mirror, shift_x, shift_y of each image; empty: one image, none
};

std::vector<std::int32_t> mirrored_every_other(std::int64_t images) {
  std::vector<std::int32_t> augment;
  for (std::int64_t n = 0; n < images; ++n)
    augment.insert(augment.end(), {static_cast<std::int32_t>(n % 2), 0, 0});
  return augment;
}

const Case cases[] = {
    {"plain", 5, 4, {}},
    {"one pixel", 1, 1, {1, 2, -1}},
    {"nothing to do", 3, 4, {0, 0, 0}},
    {"mirror, odd and even", 3, 5, {1, 0, 0, 0, 0, 0}},
    {"shifts both ways", 6, 7, {0, 2, -1, 0, -2, 1}},
    {"mirror and shift", 6, 7, {1, 2, 1, 1, -1, -2}},
    {"shifted out of the image", 4, 5, {1, 9, 0, 0, -9, 7, 1, 0, -8}},
    {"the extremes of a shift", 4, 5, {1, 2147483647, -2147483647, 0, -2147483647, 2147483647}},
    {"more images than blocks", 1, 2, mirrored_every_other(300)},
    {"SphereFace's size, plain", 112, 96, {}},
    {"SphereFace's size", 112, 96, {1, 2, -2, 0, -1, 1}},
};

}  // namespace

TEST_CASE("image_normalise: agrees with the oracle") {
  for (const auto& [device, dtype] : device_types())
    for (const Case& c : cases) {
      INFO(c.name, " ", to_string(dtype), " on ", to_string(device));
      const std::int64_t batch = c.augment.empty() ? 1 : std::ssize(c.augment) / 3;
      const Shape shape = {batch, c.height, c.width, 3};
      const Tensor drawn = random_labels(shape.size(), 256);
      std::vector<std::uint8_t> pixels;
      for (const std::int32_t value : drawn.span<std::int32_t>())
        pixels.push_back(static_cast<std::uint8_t>(value));
      const Tensor in = Tensor::from(pixels, shape);
      const Tensor augment = c.augment.empty() ? Tensor() : Tensor::from(c.augment, {batch, 3});
      const Values exact = reference::image_normalise(pixels, c.augment, batch, c.height, c.width);
      const Values expected = dtype == DType::bf16 ? rounded_to_bf16(exact) : exact;
      for_each_schedule(
          device,
          [&, device = device, dtype = dtype] {
            Tensor out = poisoned_on(device, shape, dtype);
            image_normalise(in.to(device), augment.defined() ? augment.to(device) : augment, out);
            CHECK(to_double(out) == expected);
          },
          work_of(shape));
      if (device == Device::cpu)
        check_thread_counts([&] {
          Tensor again = poisoned(shape);
          image_normalise(in, augment, again);
          return std::vector{again};
        });
    }
}

TEST_CASE("image_normalise: unfit shapes are named") {
  const Tensor pixels = Tensor::zeros({2, 4, 4, 3}, DType::u8);
  Tensor out = poisoned({2, 4, 4, 3}), wrong = poisoned({2, 4, 4, 1});
  CHECK_FAILS(image_normalise(pixels, Tensor(), wrong), "image_normalise: expected out");
  CHECK_FAILS(image_normalise(pixels, Tensor::zeros({1, 3}, DType::i32), out),
              "image_normalise: expected augment");
  CHECK_FAILS(image_normalise(Tensor::zeros({2, 4, 4, 1}, DType::u8), Tensor(), wrong),
              "image_normalise: expected pixels");
  CHECK_FAILS(image_normalise(out, Tensor(), out), "image_normalise: expected pixels");
}
