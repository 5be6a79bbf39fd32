#pragma once

#include "kernels/reduce/column_parts.cuh"

namespace hypersphere::cuda {

/// y = PReLU(x), rows of row_groups groups of `width` channels, `groups` in all; y may be x.
template <int width, class Element>
__global__ void prelu_forward_kernel(const Element* x, const float* slope, Element* y,
                                     std::int64_t row_groups, std::int64_t groups) {
  // The group within the row, without a division each time.
  std::int64_t group = grid_thread() % row_groups;
  const std::int64_t step = grid_threads() % row_groups;
  for (std::int64_t i = grid_thread(); i < groups; i += grid_threads()) {
    float values[width], slopes[width];
    read_values(x + i * width, values);
    read_values(slope + group * width, slopes);
    HYPERSPHERE_UNROLL
    for (int k = 0; k < width; ++k) values[k] = values[k] > 0 ? values[k] : slopes[k] * values[k];
    write_values(y + i * width, values);
    group += step;
    if (group >= row_groups) group -= row_groups;
  }
}

/// dx, and parts[k, c] = the sum over the rows of block k of the terms of dslope[c]; dx may be dy.
template <int width, class Element>
__global__ void __launch_bounds__(ColumnParts::block)
    prelu_backward_kernel(const Element* x, const float* slope, const Element* dy, Element* dx,
                          std::int64_t rows, std::int64_t channels, float* parts) {
  sum_columns<width>(rows, channels, parts, [&](std::int64_t row, std::int64_t column, float(&sums)[width]) {
    const std::int64_t at = row * channels + column;
    float values[width], gradients[width], slopes[width];
    read_values(x + at, values);
    read_values(dy + at, gradients);
    read_values(slope + column, slopes);
    HYPERSPHERE_UNROLL
    for (int i = 0; i < width; ++i) {
      const bool positive = values[i] > 0;
      sums[i] += positive ? 0 : gradients[i] * values[i];
      gradients[i] = positive ? gradients[i] : slopes[i] * gradients[i];
    }
    write_values(dx + at, gradients);
  });
}

}  // namespace hypersphere::cuda
