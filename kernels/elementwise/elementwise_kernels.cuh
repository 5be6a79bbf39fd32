// Arithmetic element by element. Every kernel strides by the whole grid, so any number of blocks will do.
#pragma once

#include "kernels/cuda/values.cuh"

namespace hypersphere::cuda {

/// out = a + b, `groups` groups of `width` elements; out may be a or b.
template <int width, class Element>
__global__ void add_kernel(const Element* a, const Element* b, Element* out, std::int64_t groups) {
  for (std::int64_t i = grid_thread() * width; i < groups * width; i += grid_threads() * width) {
    float sums[width], more[width];
    read_values(a + i, sums);
    read_values(b + i, more);
    HYPERSPHERE_UNROLL
    for (int e = 0; e < width; ++e) sums[e] += more[e];
    write_values(out + i, sums);
  }
}

/// y[i] += bias[i mod channels], `count` elements.
template <class Element>
__global__ void add_bias_kernel(const float* bias, Element* y, std::int64_t channels, std::int64_t count) {
  for (std::int64_t i = grid_thread(); i < count; i += grid_threads())
    store_float(y + i, load_float(y + i) + bias[i % channels]);
}

/// x *= factor.
__global__ void scale_kernel(float factor, float* x, std::int64_t count) {
  for (std::int64_t i = grid_thread(); i < count; i += grid_threads()) x[i] *= factor;
}

/// x = value.
__global__ void fill_kernel(float value, float* x, std::int64_t count) {
  for (std::int64_t i = grid_thread(); i < count; i += grid_threads()) x[i] = value;
}

/// to = from, rounded where it has to be, `groups` groups of `width` elements.
template <int width, class From, class To>
__global__ void convert_kernel(const From* from, To* to, std::int64_t groups) {
  for (std::int64_t i = grid_thread() * width; i < groups * width; i += grid_threads() * width) {
    float values[width];
    read_values(from + i, values);
    write_values(to + i, values);
  }
}

}  // namespace hypersphere::cuda
