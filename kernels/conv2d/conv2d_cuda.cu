// Launchers of the convolution on CUDA, and the choice between its kernels:
//
//   all of it, where conv_engine() says so: cuDNN (conv2d_cudnn.h)
//   few channels (a window of at most 32 values): kernels of their own, in f32 arithmetic
//   f32 at strict precision: FmaTile
//   bf16, and f32 in tf32: MmaTile of 128 x 128 sums, or of 128 x 64 or 64 x 64 where the product has no more; extents
//   that are no multiple of 16 bytes take a tile that copies single elements
#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/conv2d_cudnn.h"
#include "kernels/conv2d/few_channels_kernels.cuh"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/settings.h"
#include "kernels/dispatch.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/split_sum.h"
#include "kernels/prelu/prelu.h"

namespace hypersphere::cuda {
namespace {

constexpr std::int64_t int_limit = std::numeric_limits<int>::max() / 2;

int to_int(std::int64_t value) { return static_cast<int>(value); }

// Whether every row of `channels` elements starts at a multiple of 16 bytes.
template <class Element>
bool whole_vectors(const void* data, std::int64_t channels) {
  return channels * static_cast<std::int64_t>(sizeof(Element)) % 16 == 0 && aligned(16, {data});
}

void expect_small(const char* where, const Tensor& a, const Tensor& b, const Tensor& w) {
  for (const Tensor* t : {&a, &b}) {
    const Shape& s = t->shape();
    expect(s[0] * s[1] * s[2] <= int_limit && s[1] * s[2] * s[3] <= int_limit,
           "{}: expected at most {} pixels in a batch and values in an image on cuda, found {}", where,
           int_limit, describe(*t));
  }
  expect(w.size() <= int_limit, "{}: expected a filter of at most {} values on cuda, found {}", where,
         int_limit, describe(w));
}

// Calls body(tile) with the tile type for a product of `rows` by `columns`. `whole`: see MmaTile's whole_vectors.
template <class Element, class Body>
void with_tile(bool whole, std::int64_t rows, std::int64_t columns, const Body& body) {
  if constexpr (std::is_same_v<Element, float>) {
    if (matrix_precision() == MatrixPrecision::fp32) return body(FmaTile());
  }
  if (!whole)
    body(MmaTile<Element, 64, 64, 2, 2, false>());
  else if (rows <= 64)
    body(MmaTile<Element, 64, 64, 2, 2, true>());
  else if (columns <= 64)
    body(MmaTile<Element, 128, 64, 2, 2, true>());
  else
    body(MmaTile<Element, 128, 128, 2, 4, true>());
}

// `image` seen from a grid of [images, grid_height, grid_width] pixels; how these move is not set.
template <class Element>
MovedImage<Element> image_over(const Tensor& image, std::int64_t grid_height, std::int64_t grid_width) {
  MovedImage<Element> moved = {};
  const Shape& shape = image.shape();
  moved.data = image.data<Element>();
  moved.height = to_int(shape[1]), moved.width = to_int(shape[2]), moved.channels = to_int(shape[3]);
  moved.grid_height = to_int(grid_height), moved.grid_width = to_int(grid_width);
  moved.pixels = to_int(shape[0] * grid_height * grid_width);
  moved.by_width = Divider(grid_width), moved.by_height = Divider(grid_height);
  return moved;
}

// `image` seen from the pixels of `grid` [N, height, width, ...] through windows that move by `stride`.
template <class Element>
MovedImage<Element> windows_over(const Tensor& image, const Shape& grid, Conv2dOptions options) {
  MovedImage<Element> moved = image_over<Element>(image, grid[1], grid[2]);
  moved.step = to_int(options.stride);
  moved.offset_y = moved.offset_x = -to_int(options.pad);
  moved.direction = 1;
  return moved;
}

bool has_small_window(const Shape& w) { return w[3] < 8 && w[1] * w[2] * w[3] <= window_limit; }

template <class Element>
void forward(const Tensor& x, const Tensor& w, Conv2dOptions options, const ForwardOutput<Element>& output,
             const Shape& y) {
  const Shape& window = w.shape();
  const MovedImage<Element> moved = windows_over<Element>(x, y, options);
  if (has_small_window(window)) {
    constexpr std::int64_t most_blocks = 132 * 4;
    const std::int64_t blocks = std::min(most_blocks, divide_up(moved.pixels, window_pixels));
    launch({"conv2d_few_channels_forward_kernel",
            {blocks, divide_up(window[0], window_channels)},
            window_threads},
           conv2d_few_channels_forward_kernel<Element>,
           Windows<Element>{moved, to_int(window[1]), to_int(window[2])}, w.data<Element>(),
           to_int(window[0]), output);
    return;
  }
  const FilterByOutput<Element> filter = {w.data<Element>(), to_int(window[1] * window[2]), to_int(window[3]),
                                          to_int(window[0]), FilterTaps{to_int(window[2]), 0, 0, 1}};
  const Steps steps = {to_int(window[1]), to_int(window[2]), 0, to_int(window[3])};
  const bool whole = whole_vectors<Element>(x.raw(), window[3]) && aligned(16, {w.raw()});
  with_tile<Element>(whole, moved.pixels, window[0], [&]<class Tile>(Tile) {
    const std::int64_t tiles = divide_up(moved.pixels, Tile::rows) * divide_up(window[0], Tile::columns);
    launch({"conv2d_forward_kernel", {tiles}, Tile::threads, Tile::shared_bytes}, conv2d_forward_kernel<Tile>,
           ImageRows<Element>{moved, moved.data}, filter, steps, output);
  });
}

template <class Element>
void forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
             const Tensor& residual, Conv2dOptions options, Tensor* before, Tensor& y) {
  ForwardOutput<Element> output = {};
  output.bias = bias.defined() ? bias.data<float>() : nullptr;
  output.slope = slope.defined() ? slope.data<float>() : nullptr;
  output.residual = residual.defined() ? residual.data<Element>() : nullptr;
  output.before = before != nullptr && before->defined() ? before->data<Element>() : nullptr;
  output.y = y.data<Element>();
  output.channels = to_int(y.shape()[3]);
  output.vectors =
      whole_vectors<Element>(output.y, output.channels) && aligned(16, {output.residual, output.before});
  forward<Element>(x, w, options, output, y.shape());
}

// Along one axis: dx pixels i = stride n + remainder, n in [0, count), meet the taps first + stride t, t in [0, taps),
// at dy's place n + offset - t.
struct AxisClass {
  std::int64_t remainder, count, first, taps, offset;
};
AxisClass axis_class(std::int64_t remainder, std::int64_t extent, std::int64_t kernel,
                     Conv2dOptions options) {
  const std::int64_t stride = options.stride, shifted = remainder + options.pad;
  const std::int64_t first = shifted % stride;
  return {remainder, remainder < extent ? divide_up(extent - remainder, stride) : 0, first,
          first < kernel ? divide_up(kernel - first, stride) : 0, (shifted - first) / stride};
}

template <class Element>
PixelClass<Element> pixel_class(const AxisClass& y, const AxisClass& x, const Tensor& dy, const Tensor& w,
                                Conv2dOptions options, Tensor& dx) {
  const Shape& window = w.shape();
  const Shape& image = dx.shape();
  MovedImage<Element> moved = image_over<Element>(dy, y.count, x.count);
  moved.step = 1, moved.direction = -1;
  moved.offset_y = to_int(y.offset), moved.offset_x = to_int(x.offset);

  PixelClass<Element> result = {};
  result.gradient = {moved, moved.data};
  result.filter = {w.data<Element>(), to_int(window[1] * window[2]), to_int(window[3]),
                   FilterTaps{to_int(window[2]), to_int(y.first), to_int(x.first), to_int(options.stride)}};
  result.steps = {to_int(y.taps), to_int(x.taps), 0, to_int(window[0])};
  SpreadOutput<Element>& output = result.output;
  output.data = dx.data<Element>();
  output.height = to_int(image[1]), output.width = to_int(image[2]), output.channels = to_int(image[3]);
  output.step = to_int(options.stride);
  output.offset_y = to_int(y.remainder), output.offset_x = to_int(x.remainder);
  output.grid_height = moved.grid_height, output.grid_width = moved.grid_width;
  output.by_width = moved.by_width, output.by_height = moved.by_height;
  output.vectors = whole_vectors<Element>(output.data, output.channels);
  return result;
}

template <class Element>
void launch_classes(const PixelClass<Element>* first, int count, bool whole, std::int64_t in) {
  PixelClasses<Element> classes = {};
  std::copy_n(first, count, classes.of);
  int pixels = 0;
  for (int i = 0; i < count; ++i) pixels = std::max(pixels, first[i].gradient.moved.pixels);
  with_tile<Element>(whole, pixels, in, [&]<class Tile>(Tile) {
    const std::int64_t tiles = divide_up(pixels, Tile::rows) * divide_up(in, Tile::columns);
    launch({"conv2d_backward_data_kernel", {tiles, 1, count}, Tile::threads, Tile::shared_bytes},
           conv2d_backward_data_kernel<Tile>, classes);
  });
}

template <class Element>
void backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx) {
  const Shape& window = w.shape();
  std::vector<PixelClass<Element>> classes;
  for (std::int64_t ry = 0; ry < options.stride; ++ry)
    for (std::int64_t rx = 0; rx < options.stride; ++rx) {
      const AxisClass y = axis_class(ry, dx.shape()[1], window[1], options);
      const AxisClass x = axis_class(rx, dx.shape()[2], window[2], options);
      if (y.count > 0 && x.count > 0) classes.push_back(pixel_class<Element>(y, x, dy, w, options, dx));
    }
  // dy is read along its channels, w along dx's.
  const bool whole =
      whole_vectors<Element>(dy.raw(), window[0]) && whole_vectors<Element>(w.raw(), window[3]);
  for (std::size_t i = 0; i < classes.size(); i += classes_a_launch)
    launch_classes<Element>(&classes[i],
                            static_cast<int>(std::min<std::size_t>(classes_a_launch, classes.size() - i)),
                            whole, window[3]);
}

template <class Element>
void backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw) {
  const Shape& window = dw.shape();
  const std::int64_t out = window[0], in = window[3], taps = window[1] * window[2];
  const MovedImage<Element> moved = windows_over<Element>(x, dy.shape(), options);
  Tensor parts;
  const auto target = [&](std::int64_t count) {
    if (count > 1) parts = Tensor::empty({count, dw.size()}, DType::f32, Device::cuda);
    return count > 1 ? parts.data<float>() : dw.data<float>();
  };
  std::int64_t count = 1;
  if (has_small_window(window)) {
    const std::int64_t tiles = divide_up(moved.pixels, window_pixels),
                       channel_tiles = divide_up(out, window_channels);
    count = choose_splits(channel_tiles, tiles, 2);
    launch({"conv2d_few_channels_backward_weight_kernel", {count, channel_tiles}, window_threads},
           conv2d_few_channels_backward_weight_kernel<Element>,
           Windows<Element>{moved, to_int(window[1]), to_int(window[2])}, dy.data<Element>(), to_int(out),
           target(count));
  } else {
    const bool whole = whole_vectors<Element>(dy.raw(), out) && whole_vectors<Element>(x.raw(), in);
    const auto launch_tile = [&]<class Tile>(Tile) {
      const std::int64_t tiles = divide_up(out, Tile::rows) * divide_up(in, Tile::columns) * taps;
      count = choose_splits(tiles, divide_up(moved.pixels, Tile::depth), 4);
      launch({"conv2d_backward_weight_kernel", {tiles, 1, count}, Tile::threads, Tile::shared_bytes},
             conv2d_backward_weight_kernel<Tile>, ColumnsOfMatrix<Element>{dy.data<Element>(), out}, moved,
             to_int(window[1]), to_int(window[2]), to_int(out), target(count),
             in % 4 == 0 && aligned(16, {dw.raw()}));
    };
    with_tile<Element>(whole, out, in, launch_tile);
  }
  if (count > 1) sum_parts(parts.data<float>(), dw.size(), static_cast<int>(count), 0, dw.data<float>());
}

}  // namespace

void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y) {
  expect_small("conv2d_forward", x, y, w);
  if (y.size() == 0) return;
  if constexpr (cudnn::in_this_build)
    if (conv_engine() == ConvEngine::cudnn) return cudnn::conv2d_forward(x, w, bias, options, y);
  with_float_type(x.dtype(), [&]<class Element>(Element) {
    forward<Element>(x, w, bias, Tensor(), Tensor(), options, nullptr, y);
  });
}

void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y) {
  expect_small("conv2d_prelu_forward", x, y, w);
  if (y.size() == 0) return;
  if constexpr (cudnn::in_this_build)
    if (conv_engine() == ConvEngine::cudnn)
      return cudnn::conv2d_prelu_forward(x, w, bias, slope, residual, options, before, y);
  with_float_type(x.dtype(), [&]<class Element>(Element) {
    forward<Element>(x, w, bias, slope, residual, options, &before, y);
  });
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx) {
  expect_small("conv2d_backward_data", dy, dx, w);
  if (dx.size() == 0) return;
  if constexpr (cudnn::in_this_build)
    if (conv_engine() == ConvEngine::cudnn) return cudnn::conv2d_backward_data(dy, w, options, dx);
  with_float_type(dx.dtype(), [&]<class Element>(Element) { backward_data<Element>(dy, w, options, dx); });
}

void conv2d_backward_data_sum(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                              Tensor& dx) {
  Tensor part = Tensor::empty(dx.shape(), dx.dtype(), Device::cuda);
  cuda::conv2d_backward_data(dy, w, options, part);
  cuda::add(part, other, dx);
}

void conv2d_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before, const Tensor& slope,
                                Conv2dOptions options, Tensor& dbefore, Tensor& dslope) {
  cuda::conv2d_backward_data(dy, w, options, dbefore);
  cuda::prelu_backward(before, slope, dbefore, dbefore, dslope);
}

void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw) {
  expect_small("conv2d_backward_weight", x, dy, dw);
  if (dw.size() == 0) return;
  if (dy.size() == 0) return dw.set_zero();
  if constexpr (cudnn::in_this_build)
    if (conv_engine() == ConvEngine::cudnn) return cudnn::conv2d_backward_weight(x, dy, options, dw);
  with_float_type(x.dtype(), [&]<class Element>(Element) { backward_weight<Element>(x, dy, options, dw); });
}

}  // namespace hypersphere::cuda
