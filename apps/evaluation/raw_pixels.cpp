#include "apps/evaluation/raw_pixels.h"

#include "tensor/error.h"

namespace hypersphere {

std::vector<double> raw_pixel_features(const Tensor& images) {
  expect(
      images.defined() && images.dtype() == DType::u8 && images.shape().rank() == 4 && images.shape()[3] == 3,
      "raw pixels: expected u8 images [N, H, W, 3], found {}", describe(images));
  const auto pixels = images.span<std::uint8_t>();
  return {pixels.begin(), pixels.end()};
}

}  // namespace hypersphere
