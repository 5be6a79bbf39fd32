#include "kernels/image/image.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void image_normalise(const Tensor& pixels, const Tensor& augment, Tensor& out) {
  expect(
      pixels.defined() && pixels.dtype() == DType::u8 && pixels.shape().rank() == 4 && pixels.shape()[3] == 3,
      "image_normalise: expected pixels of u8 [N, H, W, 3], found {}", describe(pixels));
  if (augment.defined())
    expect_tensor(augment, {pixels.shape()[0], 3}, DType::i32, "image_normalise", "augment");
  expect_float("image_normalise", "out", out);
  expect_tensor(out, pixels.shape(), out.dtype(), "image_normalise", "out");
  expect_device("image_normalise", pixels.device(), pixels, augment, out);
  HYPERSPHERE_DISPATCH(pixels.device(), image_normalise, pixels, augment, out);
}

}  // namespace hypersphere
