#include <algorithm>
#include <limits>

#include "kernels/cuda/launch.h"
#include "kernels/dispatch.h"
#include "kernels/image/image.h"
#include "kernels/image/image_kernels.cuh"

namespace hypersphere::cuda {

void image_normalise(const Tensor& pixels, const Tensor& changes, Tensor& out) {
  constexpr unsigned block = 256;
  constexpr std::int64_t most_images = 256;  // that have blocks of their own: enough to fill a device
  if (out.size() == 0) return;
  const ImageFrame frame{out.shape()[0], pixels.shape()[1], pixels.shape()[2], out.shape()[1],
                         out.shape()[2]};
  const std::int64_t size = 3 * frame.lines * frame.columns;
  expect(size <= std::numeric_limits<std::int32_t>::max(),
         "image_normalise: an image is too large for cuda: {}", describe(out));
  const auto* rows =
      changes.defined() ? reinterpret_cast<const ImageChange*>(changes.data<float>()) : nullptr;
  with_float_type(out.dtype(), [&]<class Element>(Element) {
    const auto run = [&]<int width>(std::integral_constant<int, width>) {
      launch({"image_normalise_kernel",
              {blocks_for(size / width, block), std::min(frame.images, most_images)},
              block},
             image_normalise_kernel<width, Element>, pixels.data<std::uint8_t>(), rows, out.data<Element>(),
             frame, Divider(3 * frame.columns / width));
    };
    if (3 * frame.columns % 4 == 0 && aligned(4 * sizeof(Element), {out.raw()}))
      run(std::integral_constant<int, 4>());
    else
      run(std::integral_constant<int, 1>());
  });
}

}  // namespace hypersphere::cuda
