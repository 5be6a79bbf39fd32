#include "kernels/image/image.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void image_normalise(const Tensor& pixels, const Tensor& changes, Tensor& out) {
  expect(
      pixels.defined() && pixels.dtype() == DType::u8 && pixels.shape().rank() == 4 && pixels.shape()[3] == 3,
      "image_normalise: expected pixels of u8 [N, H, W, 3], found {}", describe(pixels));
  const std::int64_t images = pixels.shape()[0], height = pixels.shape()[1], width = pixels.shape()[2];
  if (changes.defined())
    expect_tensor(changes, {images, ImageChange::numbers}, DType::f32, "image_normalise", "changes");
  expect_float("image_normalise", "out", out);
  const auto fits = [](std::int64_t source, std::int64_t result) {
    return result <= source && (source - result) % 2 == 0 && (result > 0 || source == 0);
  };
  expect(out.shape().rank() == 4 && out.shape()[0] == images && fits(height, out.shape()[1]) &&
             fits(width, out.shape()[2]) && out.shape()[3] == 3,
         "image_normalise: expected out of {}, or less by an even number of lines and columns, found {}",
         to_string(pixels.shape()), describe(out));
  expect_device("image_normalise", pixels.device(), pixels, changes, out);
  HYPERSPHERE_DISPATCH(pixels.device(), image_normalise, pixels, changes, out);
}

}  // namespace hypersphere
