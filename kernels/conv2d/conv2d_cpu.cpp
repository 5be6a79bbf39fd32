// Convolution forward and backward data on the CPU, as implicit GEMM: see kernels/gemm/row_gemm-inl.h.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/conv2d_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/conv2d/algorithm_cpu.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/im2col_cpu.h"
#include "kernels/conv2d/winograd_cpu.h"
#include "kernels/cpu/transpose.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/row_gemm-inl.h"
#include "kernels/prelu/prelu.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// Rows: output pixels. Taps: window positions. Depth: input channels. Columns: output channels.
void convolve(const Tensor& x, const Tensor& w, const Tensor& bias, const Conv2dOptions& options, Tensor& y) {
  const std::int64_t height = x.shape()[1], width = x.shape()[2], in = x.shape()[3];
  const std::int64_t out = w.shape()[0], kh = w.shape()[1], kw = w.shape()[2];
  const std::int64_t oh = y.shape()[1], ow = y.shape()[2];
  const Tensor zeros = Tensor::zeros({std::max<std::int64_t>(in, 1)});
  const float* const outside = zeros.data<float>();
  const float* const from = x.data<float>();
  const float* const weights = w.data<float>();
  float* const to = y.data<float>();

  const auto row = [&](std::int64_t pixel, std::int64_t tap) {
    const std::int64_t line = pixel / ow, ox = pixel % ow, n = line / oh, oy = line % oh;
    const std::int64_t iy = oy * options.stride + tap / kw - options.pad;
    const std::int64_t ix = ox * options.stride + tap % kw - options.pad;
    const bool inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
    return inside ? from + ((n * height + iy) * width + ix) * in : outside;
  };
  const auto pack = [&](std::int64_t strip, float* packed) {
    const std::int64_t o = strip * tile_columns;
    cpu::pack_transposed(weights + o * kh * kw * in, kh * kw * in, std::min(tile_columns, out - o),
                         kh * kw * in, tile_columns, packed);
  };
  row_gemm(
      {x.shape()[0] * oh * ow, kh * kw, in, out}, row, pack,
      [&](std::int64_t pixel) { return to + pixel * out; }, bias.defined() ? bias.data<float>() : nullptr,
      false);
}

/// The window positions along one axis that reach input positions congruent to `residue` (mod stride) before
/// padding is taken off, i.e. those with position = residue (mod stride).
inline std::vector<std::int64_t> taps_of(std::int64_t residue, std::int64_t kernel, std::int64_t stride) {
  std::vector<std::int64_t> taps;
  for (std::int64_t k = residue; k < kernel; k += stride) taps.push_back(k);
  return taps;
}

/// Input positions i in [0, extent) with i + pad = residue (mod stride): first + j stride, j < count.
struct Positions {
  std::int64_t first, count;
};
inline Positions positions_of(std::int64_t residue, std::int64_t extent, const Conv2dOptions& options) {
  const std::int64_t s = options.stride;
  const std::int64_t first = ((residue - options.pad) % s + s) % s;
  return {first, first < extent ? (extent - first + s - 1) / s : 0};
}

/// Rows: input pixels. Depth: output channels. Columns: input channels. With a stride s, an input pixel is
/// reached by every s-th window position only, which ones depends on its place modulo s: one product for each
/// of the s x s residues, so that no tap is multiplied by zeros.
void convolve_back(const Tensor& dy, const Tensor& w, const Conv2dOptions& options, Tensor& dx) {
  const std::int64_t height = dx.shape()[1], width = dx.shape()[2], in = dx.shape()[3];
  const std::int64_t out = w.shape()[0], kh = w.shape()[1], kw = w.shape()[2];
  const std::int64_t oh = dy.shape()[1], ow = dy.shape()[2], s = options.stride;
  const Tensor zeros = Tensor::zeros({std::max<std::int64_t>(out, 1)});
  const float* const outside = zeros.data<float>();
  const float* const from = dy.data<float>();
  const float* const weights = w.data<float>();
  float* const to = dx.data<float>();

  for (std::int64_t residue_y = 0; residue_y < s; ++residue_y)
    for (std::int64_t residue_x = 0; residue_x < s; ++residue_x) {
      const Positions ys = positions_of(residue_y, height, options),
                      xs = positions_of(residue_x, width, options);
      const auto kys = taps_of(residue_y, kh, s), kxs = taps_of(residue_x, kw, s);
      const std::int64_t taps_x = std::ssize(kxs), taps = std::ssize(kys) * taps_x;
      const std::int64_t rows = dx.shape()[0] * ys.count * xs.count;
      if (rows == 0) continue;
      const auto target = [&](std::int64_t pixel) {
        const std::int64_t line = pixel / xs.count, n = line / ys.count;
        const std::int64_t iy = ys.first + line % ys.count * s, ix = xs.first + pixel % xs.count * s;
        return to + ((n * height + iy) * width + ix) * in;
      };
      if (taps == 0) {  // a window smaller than the stride skips these pixels
        for (std::int64_t pixel = 0; pixel < rows; ++pixel)
          std::fill(target(pixel), target(pixel) + in, 0.0f);
        continue;
      }
      const auto row = [&](std::int64_t pixel, std::int64_t tap) {
        const std::int64_t line = pixel / xs.count, n = line / ys.count;
        const std::int64_t iy = ys.first + line % ys.count * s, ix = xs.first + pixel % xs.count * s;
        // Exact divisions: the residues agree. They may come out negative, never rounded.
        const std::int64_t oy = (iy + options.pad - kys[static_cast<std::size_t>(tap / taps_x)]) / s;
        const std::int64_t ox = (ix + options.pad - kxs[static_cast<std::size_t>(tap % taps_x)]) / s;
        const bool inside = oy >= 0 && oy < oh && ox >= 0 && ox < ow;
        return inside ? from + ((n * oh + oy) * ow + ox) * out : outside;
      };
      const auto pack = [&](std::int64_t strip, float* packed) {
        const std::int64_t i = strip * tile_columns, columns = std::min(tile_columns, in - i);
        for (const std::int64_t ky : kys)
          for (const std::int64_t kx : kxs) {
            cpu::pack_columns(weights + (ky * kw + kx) * in + i, kh * kw * in, columns, out, tile_columns,
                              packed);
            packed += out * tile_columns;
          }
      };
      row_gemm({rows, taps, out, in}, row, pack, target, nullptr, false);
    }
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(convolve);
HWY_EXPORT(convolve_back);

namespace cpu {

void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y) {
  const Shape& window = w.shape();
  switch (conv2d_algorithm(ConvDirection::forward, x.shape(), window, options)) {
    case ConvAlgorithm::winograd:
      return winograd_forward(x, w, bias, options, y);
    case ConvAlgorithm::columns: {
      const Tensor columns = im2col(x, window[1], window[2], options);
      const Tensor rows = w.reshape({window[0], 1, 1, window[1] * window[2] * window[3]});
      return HWY_DYNAMIC_DISPATCH(convolve)(columns, rows, bias, Conv2dOptions{}, y);
    }
    case ConvAlgorithm::direct:
      return HWY_DYNAMIC_DISPATCH(convolve)(x, w, bias, options, y);
  }
}

void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y) {
  if (conv2d_algorithm(ConvDirection::forward, x.shape(), w.shape(), options) == ConvAlgorithm::winograd)
    return winograd_prelu_forward(x, w, bias, slope, residual, options, before, y);
  Tensor sums = before.defined() ? before : Tensor::empty(y.shape());
  cpu::conv2d_forward(x, w, bias, options, sums);
  if (!residual.defined()) return cpu::prelu_forward(sums, slope, y);
  Tensor rectified = before.defined() ? Tensor::empty(y.shape()) : sums;
  cpu::prelu_forward(sums, slope, rectified);
  cpu::add(residual, rectified, y);
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx) {
  if (conv2d_algorithm(ConvDirection::backward_data, dx.shape(), w.shape(), options) ==
      ConvAlgorithm::winograd)
    return winograd_backward_data(dy, w, options, dx);
  HWY_DYNAMIC_DISPATCH(convolve_back)(dy, w, options, dx);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
