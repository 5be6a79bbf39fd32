#pragma once

#include "kernels/cuda/divider.h"
#include "kernels/cuda/values.cuh"

namespace hypersphere::cuda {

/// image.h's formula. A thread makes `width` neighbouring elements of a line at a time, line_groups.divisor
/// of which make up the line; blockIdx.y strides over the images. `augment` may be null.
template <int width, class Element>
__global__ void image_normalise_kernel(const std::uint8_t* pixels, const std::int32_t* augment, Element* out,
                                       std::int64_t images, std::int64_t lines, std::int64_t columns,
                                       Divider line_groups) {
  const auto inside = [](std::int64_t value, std::int64_t size) {
    return value < 0 ? 0 : value < size ? value : size - 1;
  };
  const std::int64_t size = 3 * lines * columns;
  const auto groups = static_cast<unsigned>(size / width);
  for (std::int64_t n = blockIdx.y; n < images; n += gridDim.y) {
    bool mirror = false;
    std::int64_t shift_x = 0, shift_y = 0;
    if (augment != nullptr)
      mirror = augment[3 * n] != 0, shift_x = augment[3 * n + 1], shift_y = augment[3 * n + 2];
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < groups; i += gridDim.x * blockDim.x) {
      const unsigned y = line_groups.quotient(i), first = (i - y * line_groups.divisor) * width;
      const std::uint8_t* line = pixels + n * size + inside(y - shift_y, lines) * 3 * columns;
      float values[width];
      HYPERSPHERE_UNROLL
      for (int k = 0; k < width; ++k) {
        const unsigned element = first + static_cast<unsigned>(k);
        std::int64_t x = inside(element / 3 - shift_x, columns);
        if (mirror) x = columns - 1 - x;
        values[k] = (static_cast<float>(line[3 * x + element % 3]) - 127.5f) * (1.0f / 128.0f);
      }
      write_values(out + n * size + std::int64_t{i} * width, values);
    }
  }
}

}  // namespace hypersphere::cuda
