#include "apps/evaluation/raw_pixels.h"

#include <doctest/doctest.h>

namespace hypersphere {
namespace {

TEST_CASE("raw_pixel_features: the bytes in order, 0..255") {
  const Tensor images = Tensor::from(
      std::vector<std::uint8_t>{0, 1, 2, 253, 254, 255, 10, 20, 30, 127, 128, 129}, {2, 1, 2, 3});
  CHECK(raw_pixel_features(images) == std::vector<double>{0, 1, 2, 253, 254, 255, 10, 20, 30, 127, 128, 129});
  CHECK(raw_pixel_features(Tensor::empty({0, 4, 4, 3}, DType::u8)).empty());
}

TEST_CASE("raw_pixel_features: refuses anything but colour images in bytes") {
  CHECK_THROWS_WITH_AS(raw_pixel_features(Tensor::zeros({1, 2, 2, 3})), doctest::Contains("f32 [1, 2, 2, 3]"),
                       Error);
  CHECK_THROWS_AS(raw_pixel_features(Tensor::zeros({1, 2, 2, 1}, DType::u8)), Error);
  CHECK_THROWS_AS(raw_pixel_features(Tensor::zeros({2, 2, 3}, DType::u8)), Error);
  CHECK_THROWS_AS(raw_pixel_features(Tensor()), Error);
}

}  // namespace
}  // namespace hypersphere
