// Convolution of images with few channels, such as photographs: a whole window has at most 32 values (27 for 3x3 and
// three colours), too few to fill the tensor cores' steps tap by tap. Here the window is the sum's index, and all of it
// lies in shared memory at once; plain f32 arithmetic is enough, since reading and writing the other side, 64 channels,
// takes longer.
#pragma once

#include "kernels/conv2d/conv2d_kernels.cuh"

namespace hypersphere::cuda {

inline constexpr int window_limit = 32;     // values of a window
inline constexpr int window_pixels = 64;    // pixels of a tile
inline constexpr int window_channels = 64;  // output channels of a tile
inline constexpr int window_threads = 256;

/// A window over `moved`, [taps_y, taps_x, channels].
template <class Element>
struct Windows {
  MovedImage<Element> moved;
  int taps_y, taps_x;

  __device__ __forceinline__ int size() const { return taps_y * taps_x * moved.channels; }
  /// Value `k` of the window at grid pixel `index`; zero beyond the grid, the window or the image.
  __device__ __forceinline__ float value(int index, int k) const {
    if (index >= moved.pixels || k >= size()) return 0;
    int y = 0, x = 0;
    const Element* const image = moved.place(index, y, x);
    const int tap = k / moved.channels, channel = k - tap * moved.channels;
    const int tap_y = tap / taps_x;
    const Element* const pixel = moved.pixel(image, y + tap_y, x + tap - tap_y * taps_x);
    return pixel == nullptr ? 0.0f : load_float(pixel + channel);
  }
};

/// y of conv2d_forward or conv2d_prelu_forward. Block y is a tile of 64 output channels; blocks x share the tiles of 64
/// pixels. A thread computes 4 pixels by 4 channels.
template <class Element>
__global__ void __launch_bounds__(window_threads, 2)
    conv2d_few_channels_forward_kernel(Windows<Element> windows, const Element* filter, int out,
                                       ForwardOutput<Element> output) {
  constexpr int stride = window_pixels + 4;  // floats between two k; four more against meeting in banks
  HYPERSPHERE_SHARED(float, weights, window_limit* stride);
  HYPERSPHERE_SHARED(float, values, window_limit* stride);
  const int thread = static_cast<int>(threadIdx.x), size = windows.size();
  const int first_channel = static_cast<int>(blockIdx.y) * window_channels;
  for (int i = thread; i < window_channels * size; i += window_threads) {
    const int channel = i / size, k = i - channel * size;
    const bool valid = first_channel + channel < out;
    weights[k * stride + channel] =
        valid ? load_float(filter + static_cast<std::int64_t>(first_channel + channel) * size + k) : 0.0f;
  }
  const int tiles = (windows.moved.pixels + window_pixels - 1) / window_pixels;
  for (int tile = static_cast<int>(blockIdx.x); tile < tiles; tile += static_cast<int>(gridDim.x)) {
    const int first_pixel = tile * window_pixels;
    for (int k = thread / window_pixels; k < size; k += window_threads / window_pixels)
      values[k * stride + thread % window_pixels] = windows.value(first_pixel + thread % window_pixels, k);
    __syncthreads();
    const int row = thread / 16 * 4, column = thread % 16 * 4;
    float sums[4][4] = {};
    for (int k = 0; k < size; ++k) {
      const float4 x = load_vector<float4>(values + k * stride + row),
                   y = load_vector<float4>(weights + k * stride + column);
      const float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) sums[i][j] += xs[i] * ys[j];
    }
    for (int i = 0; i < 4; ++i)
      if (first_pixel + row + i < windows.moved.pixels)
        output.write(first_pixel + row + i, first_channel + column, sums[i]);
    __syncthreads();  // before the next tile's values
  }
}

/// Parts of dw of conv2d_backward_weight: dw[part, out, window]. Block y is a tile of 64 output channels, block x a part
/// of the pixels. A thread sums all of a window for one output channel over every fourth pixel.
template <class Element>
__global__ void __launch_bounds__(window_threads, 2)
    conv2d_few_channels_backward_weight_kernel(Windows<Element> windows, const Element* gradient, int out,
                                               float* dw) {
  constexpr int groups = window_threads / window_channels;
  HYPERSPHERE_SHARED(float, values,
                     window_pixels* window_limit);  // [pixel, k]; later [channel, k], to add the groups
  const int thread = static_cast<int>(threadIdx.x), size = windows.size(), pixels = windows.moved.pixels;
  const int channel = static_cast<int>(blockIdx.y) * window_channels + thread % window_channels;
  const int group = thread / window_channels;
  const int tiles = (pixels + window_pixels - 1) / window_pixels;
  const int parts = static_cast<int>(gridDim.x), part = static_cast<int>(blockIdx.x);
  const int first_tile = static_cast<int>(static_cast<std::int64_t>(tiles) * part / parts);
  const int last_tile = static_cast<int>(static_cast<std::int64_t>(tiles) * (part + 1) / parts);
  float sums[window_limit] = {};
  for (int tile = first_tile; tile < last_tile; ++tile) {
    const int first_pixel = tile * window_pixels;
    for (int i = thread; i < window_pixels * window_limit; i += window_threads)
      values[i] = windows.value(first_pixel + i / window_limit, i % window_limit);
    __syncthreads();
    for (int p = group; p < window_pixels; p += groups) {
      const int pixel = first_pixel + p;
      if (pixel >= pixels || channel >= out) break;
      const float dy = load_float(gradient + static_cast<std::int64_t>(pixel) * out + channel);
      for (int k = 0; k < window_limit; k += 4) {
        const float4 x = load_vector<float4>(values + p * window_limit + k);
        sums[k] += dy * x.x, sums[k + 1] += dy * x.y, sums[k + 2] += dy * x.z, sums[k + 3] += dy * x.w;
      }
    }
    __syncthreads();
  }
  // The groups' sums are added one group after the other, always in this order.
  float* const total = values + thread % window_channels * window_limit;
  for (int turn = 0; turn < groups; ++turn) {
    if (turn == group)
      for (int k = 0; k < window_limit; ++k) total[k] = turn == 0 ? sums[k] : total[k] + sums[k];
    __syncthreads();
  }
  if (group == 0 && channel < out)
    for (int k = 0; k < size; ++k)
      dw[(static_cast<std::int64_t>(part) * out + channel) * size + k] = total[k];
}

}  // namespace hypersphere::cuda
