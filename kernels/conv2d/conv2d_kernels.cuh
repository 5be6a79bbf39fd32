// Device code of the convolution: implicit matrix products. No column matrix is ever written; the sources below compute
// where each of its elements lies in the image.
//
//   forward           y[pixel, o]  = sum over taps, i  of x[moved pixel, i] w[o, tap, i]
//   backward data     dx[pixel, i] = sum over taps, o  of dy[moved pixel, o] w[o, tap, i]
//   backward weight   dw[o, tap, i] = sum over pixels  of dy[pixel, o] x[moved pixel, i]
#pragma once

#include "kernels/cuda/divider.h"
#include "kernels/cuda/values.cuh"
#include "kernels/gemm/fma_tile.cuh"
#include "kernels/gemm/mma_tile.cuh"

namespace hypersphere::cuda {

/// Images that are read at moved pixels: for pixel (y, x) of the product's grid and tap (ty, tx), the image's pixel
/// (y step + offset_y + direction ty, x step + offset_x + direction tx), zero outside of the image.
template <class Element>
struct MovedImage {
  const Element* data;  // [images, height, width, channels]
  int height, width, channels;
  int step, offset_y, offset_x, direction;
  int grid_height, grid_width, pixels;  // of the product's grid: pixels = images grid_height grid_width
  Divider by_width, by_height;

  __device__ __forceinline__ const Element* pixel(const Element* image, int y, int x) const {
    const bool inside = static_cast<unsigned>(y) < static_cast<unsigned>(height) &&
                        static_cast<unsigned>(x) < static_cast<unsigned>(width);
    return inside ? image + static_cast<std::int64_t>(y * width + x) * channels : nullptr;
  }
  /// The image that grid pixel `index` belongs to; y and x become its place there, moved for tap (0, 0).
  __device__ __forceinline__ const Element* place(int index, int& y, int& x) const {
    const std::uint32_t row = by_width.quotient(static_cast<std::uint32_t>(index));
    const std::uint32_t image = by_height.quotient(row);
    y = static_cast<int>(row - image * static_cast<std::uint32_t>(grid_height)) * step + offset_y;
    x = static_cast<int>(static_cast<std::uint32_t>(index) - row * static_cast<std::uint32_t>(grid_width)) *
            step +
        offset_x;
    return data + static_cast<std::int64_t>(image) * height * width * channels;
  }
};

/// Source of forward and backward data: rows are pixels, k runs over taps and the image's channels.
template <class Element_>
struct ImageRows {
  using Element = Element_;
  static constexpr Layout layout = Layout::k_inner;
  MovedImage<Element> moved;
  const Element* data;  // moved.data

  struct Row {
    const Element* image = nullptr;
    int y = 0, x = 0;
  };
  __device__ __forceinline__ Row row(int index) const {
    if (index >= moved.pixels) return {};
    Row row;
    row.image = moved.place(index, row.y, row.x);
    return row;
  }
  __device__ __forceinline__ const Element* address(const Row& row, Step step) const {
    if (row.image == nullptr) return nullptr;
    const Element* const pixel =
        moved.pixel(row.image, row.y + moved.direction * step.tap_y, row.x + moved.direction * step.tap_x);
    return pixel == nullptr ? nullptr : pixel + step.channel;
  }
};

/// Source of backward weight: k is the pixel, columns are the image's channels, the tap is the block's.
template <class Element_>
struct ImageColumns {
  using Element = Element_;
  static constexpr Layout layout = Layout::k_outer;
  MovedImage<Element> moved;
  const Element* data;
  int tap_y, tap_x;

  __device__ __forceinline__ const Element* address(Step, int k) const {
    int y = 0, x = 0;
    const Element* const image = moved.place(k, y, x);
    return moved.pixel(image, y + moved.direction * tap_y, x + moved.direction * tap_x);
  }
};

/// Which taps of a filter [out, height, width, in] a product uses: (first_y + step ty, first_x + step tx).
struct FilterTaps {
  int width, first_y, first_x, step;
  __device__ __forceinline__ int index(Step at) const {
    return (first_y + step * at.tap_y) * width + first_x + step * at.tap_x;
  }
};

/// The filter in forward: columns of the product are output channels, k runs over taps and input channels.
template <class Element_>
struct FilterByOutput {
  using Element = Element_;
  static constexpr Layout layout = Layout::k_inner;
  const Element* data;
  int taps_in_all, in, out;
  FilterTaps taps;

  using Row = const Element*;
  __device__ __forceinline__ Row row(int index) const {
    return index < out ? data + static_cast<std::int64_t>(index) * taps_in_all * in : nullptr;
  }
  __device__ __forceinline__ const Element* address(Row row, Step step) const {
    return row == nullptr ? nullptr : row + taps.index(step) * in + step.channel;
  }
};

/// The filter in backward data: columns are input channels, k runs over taps and output channels.
template <class Element_>
struct FilterByInput {
  using Element = Element_;
  static constexpr Layout layout = Layout::k_outer;
  const Element* data;
  int taps_in_all, in;
  FilterTaps taps;

  __device__ __forceinline__ const Element* address(Step step, int k) const {
    return data + (static_cast<std::int64_t>(k) * taps_in_all + taps.index(step)) * in;
  }
};

/// What forward does with its sums: see conv2d_prelu_forward. Pointers may be null.
template <class Element>
struct ForwardOutput {
  const float *bias, *slope;
  const Element* residual;
  Element *before, *y;
  int channels;
  bool vectors;  // pixels start at multiples of a store's width

  __device__ __forceinline__ float with_bias(float sum, int channel) const {
    return bias == nullptr ? sum : sum + bias[channel];
  }
  __device__ __forceinline__ float rectified(float value, int channel) const {
    return slope == nullptr || value > 0 ? value : slope[channel] * value;
  }

  template <int width>
  __device__ __forceinline__ void write(int pixel, int channel, const float (&sums)[width]) const {
    const std::int64_t at = static_cast<std::int64_t>(pixel) * channels + channel;
    if (vectors && channel + width <= channels) {
      float values[width], skip[width] = {};
      for (int e = 0; e < width; ++e) values[e] = with_bias(sums[e], channel + e);
      if (before != nullptr) write_values(before + at, values);
      if (residual != nullptr) read_values(residual + at, skip);
      for (int e = 0; e < width; ++e) values[e] = rectified(values[e], channel + e) + skip[e];
      write_values(y + at, values);
      return;
    }
    for (int e = 0; e < width; ++e) {
      if (channel + e >= channels) return;
      const float value = with_bias(sums[e], channel + e);
      if (before != nullptr) store_float(before + at + e, value);
      const float skip = residual != nullptr ? load_float(residual + at + e) : 0.0f;
      store_float(y + at + e, rectified(value, channel + e) + skip);
    }
  }
};

/// Writes pixels of a grid to every `step`-th pixel of an image, from (offset_y, offset_x) on.
template <class Element>
struct SpreadOutput {
  Element* data;  // [images, height, width, channels]
  int height, width, channels;
  int step, offset_y, offset_x, grid_height, grid_width;
  Divider by_width, by_height;
  bool vectors;

  template <int vector>
  __device__ __forceinline__ void write(int pixel, int channel, const float (&values)[vector]) const {
    const int row = static_cast<int>(by_width.quotient(static_cast<std::uint32_t>(pixel)));
    const int image = static_cast<int>(by_height.quotient(static_cast<std::uint32_t>(row)));
    const int y = (row - image * grid_height) * step + offset_y,
              x = (pixel - row * grid_width) * step + offset_x;
    Element* const to =
        data + ((static_cast<std::int64_t>(image) * height + y) * width + x) * channels + channel;
    if (vectors && channel + vector <= channels) return write_values(to, values);
    for (int e = 0; e < vector; ++e)
      if (channel + e < channels) store_float(to + e, values[e]);
  }
};

/// The number of elements that an epilogue stores at once: 16 bytes.
template <class Tile>
inline constexpr int store_width = 16 / sizeof(typename Tile::Element);

/// y of conv2d_forward or conv2d_prelu_forward. Block x is a tile of pixels by output channels, the latter first, so
/// that blocks that run together read the same pixels.
template <class Tile, class Element = typename Tile::Element>
__global__ void __launch_bounds__(Tile::threads, 2)
    conv2d_forward_kernel(ImageRows<Element> image, FilterByOutput<Element> filter, Steps steps,
                          ForwardOutput<Element> output) {
  HYPERSPHERE_DYNAMIC_SHARED(shared);
  const int tiles_n = (filter.out + Tile::columns - 1) / Tile::columns, tile = static_cast<int>(blockIdx.x);
  const int first_row = tile / tiles_n * Tile::rows, first_column = tile % tiles_n * Tile::columns;
  typename SumsOf<Tile>::Type sums;
  multiply_tile<Tile>(image, filter, steps, first_row, first_column, image.moved.pixels, filter.out, shared,
                      sums);
  write_tile<store_width<Tile>, Tile>(sums, first_row, first_column, image.moved.pixels, shared, output);
}

/// The pixels of dx whose coordinates leave the same remainders when divided by the stride: they meet the same taps, so
/// that they are one product. With stride 1 there is one such class.
template <class Element>
struct PixelClass {
  ImageRows<Element> gradient;
  FilterByInput<Element> filter;
  Steps steps;
  SpreadOutput<Element> output;
};
inline constexpr int classes_a_launch = 4;
template <class Element>
struct PixelClasses {
  PixelClass<Element> of[classes_a_launch];
};

/// dx of conv2d_backward_data; block z is a class.
template <class Tile, class Element = typename Tile::Element>
__global__ void __launch_bounds__(Tile::threads, 2)
    conv2d_backward_data_kernel(const __grid_constant__ PixelClasses<Element> classes) {
  HYPERSPHERE_DYNAMIC_SHARED(shared);
  const PixelClass<Element>& c = classes.of[blockIdx.z];
  const int tiles_n = (c.filter.in + Tile::columns - 1) / Tile::columns, tile = static_cast<int>(blockIdx.x);
  const int first_row = tile / tiles_n * Tile::rows, first_column = tile % tiles_n * Tile::columns;
  if (first_row >= c.gradient.moved.pixels) return;  // classes differ in size by a row or column of pixels
  typename SumsOf<Tile>::Type sums;
  multiply_tile<Tile>(c.gradient, c.filter, c.steps, first_row, first_column, c.gradient.moved.pixels,
                      c.filter.in, shared, sums);
  write_tile<store_width<Tile>, Tile>(sums, first_row, first_column, c.gradient.moved.pixels, shared,
                                      c.output);
}

/// A tile of dw, of one tap.
struct WeightOutput {
  float* data;  // the tap's first element of [out, taps, in]
  std::int64_t stride;
  int in;
  bool vectors;

  template <int width>
  __device__ __forceinline__ void write(int o, int i, const float (&values)[width]) const {
    float* const to = data + o * stride + i;
    if (vectors && i + width <= in) return write_values(to, values);
    for (int e = 0; e < width; ++e)
      if (i + e < in) to[e] = values[e];
  }
};

/// dw of conv2d_backward_weight, or parts of it. Block x is a tile of output by input channels of a tap, the tap first:
/// blocks that run together then read the same pixels; block z is a part of the pixels. With one part, dw is the result;
/// with several, a workspace [parts, out, taps, in].
template <class Tile, class Element = typename Tile::Element>
__global__ void __launch_bounds__(Tile::threads, 2)
    conv2d_backward_weight_kernel(ColumnsOfMatrix<Element> gradient, MovedImage<Element> image, int taps_y,
                                  int taps_x, int out, float* dw, bool vectors) {
  HYPERSPHERE_DYNAMIC_SHARED(shared);
  const int taps = taps_y * taps_x, in = image.channels, tile = static_cast<int>(blockIdx.x) / taps;
  const int tap = static_cast<int>(blockIdx.x) % taps, tiles_n = (in + Tile::columns - 1) / Tile::columns;
  const int first_row = tile / tiles_n * Tile::rows, first_column = tile % tiles_n * Tile::columns;
  const int parts = static_cast<int>(gridDim.z), part = static_cast<int>(blockIdx.z);
  const int pieces = (image.pixels + Tile::depth - 1) / Tile::depth;
  const int begin = static_cast<int>(static_cast<std::int64_t>(pieces) * part / parts) * Tile::depth;
  const int end = static_cast<int>(static_cast<std::int64_t>(pieces) * (part + 1) / parts) * Tile::depth;
  const ImageColumns<Element> columns = {image, image.data, tap / taps_x, tap % taps_x};
  typename SumsOf<Tile>::Type sums;
  multiply_tile<Tile>(gradient, columns, Steps{1, 1, begin, end < image.pixels ? end : image.pixels},
                      first_row, first_column, out, in, shared, sums);
  const std::int64_t stride = static_cast<std::int64_t>(taps) * in;
  write_tile<4, Tile>(
      sums, first_row, first_column, out, shared,
      WeightOutput{dw + part * (out * stride) + static_cast<std::int64_t>(tap) * in, stride, in, vectors});
}

}  // namespace hypersphere::cuda
