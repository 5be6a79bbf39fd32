#include "kernels/conv2d/im2col_cpu.h"

#include <cstring>

#include "kernels/cpu/parallel.h"

namespace hypersphere::cpu {

Tensor im2col(const Tensor& x, std::int64_t kernel_height, std::int64_t kernel_width, Conv2dOptions options) {
  const std::int64_t height = x.shape()[1], width = x.shape()[2], in = x.shape()[3];
  const Shape output = conv2d_output_shape(x.shape(), {1, kernel_height, kernel_width, in}, options);
  const std::int64_t oh = output[1], ow = output[2], row = kernel_width * in;
  Tensor columns = Tensor::empty({output[0], oh, ow, kernel_height * row});
  const float* const from = x.data<float>();
  float* const to = columns.data<float>();
  parallel_for(output[0] * oh, 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) {
      const std::int64_t n = line / oh, oy = line % oh;
      for (std::int64_t ox = 0; ox < ow; ++ox)
        for (std::int64_t ky = 0; ky < kernel_height; ++ky) {
          float* const target = to + ((line * ow + ox) * kernel_height + ky) * row;
          const std::int64_t iy = oy * options.stride + ky - options.pad;
          const std::int64_t ix = ox * options.stride - options.pad;  // of kx = 0
          // The part of the window's row that lies inside the image is contiguous in NHWC.
          const std::int64_t first = std::clamp<std::int64_t>(-ix, 0, kernel_width);
          const std::int64_t last = std::clamp<std::int64_t>(width - ix, first, kernel_width);
          if (iy < 0 || iy >= height || first == last) {
            std::fill(target, target + row, 0.0f);
            continue;
          }
          std::fill(target, target + first * in, 0.0f);
          std::memcpy(target + first * in, from + ((n * height + iy) * width + ix + first) * in,
                      static_cast<std::size_t>((last - first) * in) * sizeof(float));
          std::fill(target + last * in, target + row, 0.0f);
        }
    }
  });
  return columns;
}

}  // namespace hypersphere::cpu
