// Convolution forward and backward data on the CPU, as implicit GEMM: see kernels/gemm/row_gemm-inl.h.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/conv2d_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/conv2d/algorithm_cpu.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/epilogue-inl.h"
#include "kernels/conv2d/im2col_cpu.h"
#include "kernels/conv2d/winograd_cpu.h"
#include "kernels/cpu/transpose.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/row_gemm-inl.h"
#include "kernels/prelu/prelu.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// Whether an output is written past the caches: it is large, and a register tile's columns are whole, aligned lines of it.
inline bool past_caches(const Tensor& y) {
  constexpr std::int64_t line = 16;
  return tile_columns % line == 0 && y.shape()[3] % line == 0 && larger_than_caches(y.size());
}

/// Rows: output pixels. Taps: window positions. Depth: input channels. Columns: output channels. With few input channels
/// a line of the window is one tap: in NHWC its pixels are contiguous, and only where it leaves the image it is copied.
template <class Store>
void convolve(const Tensor& x, const Tensor& w, const Conv2dOptions& options, const Shape& y,
              const Store& store) {
  const std::int64_t height = x.shape()[1], width = x.shape()[2], in = x.shape()[3];
  const std::int64_t out = w.shape()[0], kh = w.shape()[1], kw = w.shape()[2];
  const std::int64_t oh = y[1], ow = y[2], window = kh * kw * in;
  const Tensor zeros = Tensor::zeros({std::max<std::int64_t>(kw * in, 1)});
  const float* const outside = zeros.data<float>();
  const float* const from = x.data<float>();
  const float* const weights = w.data<float>();

  const cpu::WindowGather gather{height, width, in, kh, kw, options.pad};
  const bool gathered = cpu::few_channels(in);
  const auto rows = [&](std::int64_t pixel, const float** sources, float* row) {
    const std::int64_t line = pixel / ow, ox = pixel % ow, n = line / oh, oy = line % oh;
    const std::int64_t top = oy * options.stride - options.pad, left = ox * options.stride - options.pad;
    if (gathered) {
      const bool copied = left < 0 || left + kw > width;
      if (copied) gather(from, n, oy * options.stride, ox * options.stride, row);
      for (std::int64_t iy = top; iy < top + kh; ++iy, sources += tile_rows, row += kw * in) {
        const float* const inside = from + ((n * height + iy) * width + left) * in;
        *sources = copied ? row : iy >= 0 && iy < height ? inside : outside;
      }
      return pixel * out;
    }
    for (std::int64_t iy = top; iy < top + kh; ++iy)
      for (std::int64_t ix = left; ix < left + kw; ++ix, sources += tile_rows) {
        const bool inside = iy >= 0 && iy < height && ix >= 0 && ix < width;
        *sources = inside ? from + ((n * height + iy) * width + ix) * in : outside;
      }
    return pixel * out;
  };
  const auto pack = [&](std::int64_t strip, std::int64_t strip_end, std::int64_t begin, std::int64_t end,
                        float* packed) {
    const std::int64_t o = strip * tile_columns;
    cpu::pack_strips_transposed(weights + o * window + begin, window,
                                std::min(strip_end * tile_columns, out) - o, end - begin, tile_columns,
                                packed);
  };
  const std::int64_t taps = gathered ? kh : kh * kw;
  row_gemm({x.shape()[0] * oh * ow, taps, window / taps, out, gathered}, rows, pack, store);
}

/// How many window positions along one axis are congruent to `residue` modulo the stride.
inline std::int64_t taps_of(std::int64_t residue, std::int64_t kernel, std::int64_t stride) {
  return residue < kernel ? (kernel - residue + stride - 1) / stride : 0;
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

/// The product that makes the input pixels of one residue modulo the stride, in y and x: with a stride s, every s-th
/// window position only reaches an input pixel, which ones depends on its place modulo s, and so no tap is multiplied by
/// zeros.  Rows: such pixels. Taps: window positions that reach them. Depth: output channels. Columns: input channels.
class ResidueProduct {
 public:
  ResidueProduct(const Tensor& dy, const Tensor& w, const Conv2dOptions& options, std::int64_t residue_y,
                 std::int64_t residue_x, const float* outside, const Shape& dx)
      : ys_(positions_of(residue_y, dx[1], options)),
        xs_(positions_of(residue_x, dx[2], options)),
        taps_y_(taps_of(residue_y, w.shape()[1], options.stride)),
        taps_x_(taps_of(residue_x, w.shape()[2], options.stride)),
        residue_y_(residue_y),
        residue_x_(residue_x),
        options_(options),
        images_(dx[0]),
        height_(dx[1]),
        width_(dx[2]),
        in_(dx[3]),
        oh_(dy.shape()[1]),
        ow_(dy.shape()[2]),
        out_(dy.shape()[3]),
        kh_(w.shape()[1]),
        kw_(w.shape()[2]),
        from_(dy.data<float>()),
        weights_(w.data<float>()),
        outside_(outside) {}

  RowGemmShape shape() const { return {images_ * ys_.count * xs_.count, taps_y_ * taps_x_, out_, in_}; }

  /// The rows of row_gemm.
  std::int64_t operator()(std::int64_t pixel, const float** sources, float*) const {
    const std::int64_t s = options_.stride, line = pixel / xs_.count, n = line / ys_.count;
    const std::int64_t iy = ys_.first + line % ys_.count * s, ix = xs_.first + pixel % xs_.count * s;
    // The first window position reaches the output pixel (bottom, right), each further one the pixel before. Exact
    // divisions: the residues agree.
    const std::int64_t bottom = (iy + options_.pad - residue_y_) / s;
    const std::int64_t right = (ix + options_.pad - residue_x_) / s;
    for (std::int64_t oy = bottom; oy > bottom - taps_y_; --oy)
      for (std::int64_t ox = right; ox > right - taps_x_; --ox, sources += tile_rows) {
        const bool inside = oy >= 0 && oy < oh_ && ox >= 0 && ox < ow_;
        *sources = inside ? from_ + ((n * oh_ + oy) * ow_ + ox) * out_ : outside_;
      }
    return ((n * height_ + iy) * width_ + ix) * in_;
  }

  void pack(std::int64_t strip, std::int64_t strip_end, std::int64_t begin, std::int64_t end,
            float* packed) const {
    for (std::int64_t i = strip * tile_columns; i < std::min(strip_end * tile_columns, in_);
         i += tile_columns)
      for (std::int64_t k = begin; k < end; ++k, packed += tile_columns) {
        const std::int64_t tap = k / out_, o = k % out_;
        const std::int64_t ky = residue_y_ + tap / taps_x_ * options_.stride;
        const std::int64_t kx = residue_x_ + tap % taps_x_ * options_.stride;
        cpu::pack_columns(weights_ + ((o * kh_ + ky) * kw_ + kx) * in_ + i, 0,
                          std::min(tile_columns, in_ - i), 1, tile_columns, packed);
      }
  }

 private:
  Positions ys_, xs_;
  std::int64_t taps_y_, taps_x_, residue_y_, residue_x_;
  Conv2dOptions options_;
  std::int64_t images_, height_, width_, in_, oh_, ow_, out_, kh_, kw_;
  const float* from_;
  const float* weights_;
  const float* outside_;
};

void convolve_back(const Tensor& dy, const Tensor& w, const Conv2dOptions& options, Tensor& dx) {
  const Tensor zeros = Tensor::zeros({std::max<std::int64_t>(w.shape()[0], 1)});
  const StoreSums store{dx.data<float>(), nullptr, nullptr, past_caches(dx)};
  std::vector<ResidueProduct> products;
  std::vector<RowGemmShape> shapes;
  std::int64_t most_rows = 0;
  bool unreached = false;  // a window smaller than the stride skips some pixels
  for (std::int64_t y = 0; y < options.stride; ++y)
    for (std::int64_t x = 0; x < options.stride; ++x) {
      const ResidueProduct product(dy, w, options, y, x, zeros.data<float>(), dx.shape());
      const RowGemmShape shape = product.shape();
      unreached = unreached || shape.taps * shape.depth == 0;
      if (shape.rows * shape.taps * shape.depth == 0) continue;
      products.push_back(product), shapes.push_back(shape);
      most_rows = std::max(most_rows, shape.rows);
    }
  if (unreached) dx.set_zero();
  if (products.size() == 1 && !unreached) {
    const auto pack = [&](auto... arguments) { products[0].pack(arguments...); };
    return row_gemm(shapes[0], products[0], pack, store);
  }

  std::vector<std::vector<DepthBlock>> blocks;
  std::vector<PackedColumns> packed;
  for (std::size_t p = 0; p < products.size(); ++p) {
    blocks.push_back(depth_blocks(shapes[p].taps, shapes[p].depth));
    packed.emplace_back(shapes[p], blocks[p], [&](auto... arguments) { products[p].pack(arguments...); });
  }
  // The products take turns: all of them read the same part of dy, which is still in the cache, and complete the same
  // part of dx.
  const std::int64_t units = (most_rows + row_block - 1) / row_block;
  cpu::parallel_for(units, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<RowGemmPart<ResidueProduct, StoreSums>> parts;
    for (std::size_t p = 0; p < products.size(); ++p)
      parts.emplace_back(shapes[p], blocks[p], products[p], store, row_block, shapes[p].strips());
    for (std::int64_t unit = begin; unit < end; ++unit)
      for (std::size_t p = 0; p < products.size(); ++p) {
        const auto row = [&](std::int64_t u) { return shapes[p].rows * std::min(u, units) / units; };
        parts[p].take_rows(row(unit), row(unit + 1), row(unit + 2));
        for (std::size_t b = 0; b < blocks[p].size(); ++b)
          parts[p].multiply(b, packed[p].of(blocks[p][b]), 0, shapes[p].strips());
      }
  });
}

void convolve_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Conv2dOptions& options,
                      Tensor& y) {
  convolve(x, w, options, y.shape(), StoreSums{y.data<float>(), data_or_null(bias), nullptr, past_caches(y)});
}

void convolve_prelu(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                    const Tensor& residual, const Conv2dOptions& options, Tensor& before, Tensor& y) {
  convolve(x, w, options, y.shape(),
           StoreRectified{y.data<float>(), slope.data<float>(), data_or_null(bias), data_or_null(residual),
                          before.defined() ? before.data<float>() : nullptr, past_caches(y)});
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(convolve_forward);
HWY_EXPORT(convolve_prelu);
HWY_EXPORT(convolve_back);

namespace cpu {

void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y) {
  const ConvChoice choice = conv2d_choice(ConvDirection::forward, x.shape(), w.shape(), options);
  if (choice.winograd()) return winograd_forward(x, w, bias, options, choice.tile, y);
  HWY_DYNAMIC_DISPATCH(convolve_forward)(x, w, bias, options, y);
}

void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y) {
  const ConvChoice choice = conv2d_choice(ConvDirection::forward, x.shape(), w.shape(), options);
  if (choice.winograd())
    return winograd_prelu_forward(x, w, bias, slope, residual, options, choice.tile, before, y);
  HWY_DYNAMIC_DISPATCH(convolve_prelu)(x, w, bias, slope, residual, options, before, y);
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx) {
  const ConvChoice choice = conv2d_choice(ConvDirection::backward_data, dx.shape(), w.shape(), options);
  if (choice.winograd()) return winograd_backward_data(dy, w, Tensor(), options, choice.tile, dx);
  HWY_DYNAMIC_DISPATCH(convolve_back)(dy, w, options, dx);
}

void conv2d_backward_data_sum(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                              Tensor& dx) {
  const ConvChoice choice = conv2d_choice(ConvDirection::backward_data, dx.shape(), w.shape(), options);
  if (choice.winograd()) return winograd_backward_data(dy, w, other, options, choice.tile, dx);
  Tensor part = Tensor::empty(dx.shape());
  HWY_DYNAMIC_DISPATCH(convolve_back)(dy, w, options, part);
  cpu::add(part, other, dx);
}

void conv2d_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before, const Tensor& slope,
                                Conv2dOptions options, Tensor& dbefore, Tensor& dslope) {
  const ConvChoice choice = conv2d_choice(ConvDirection::backward_data, dbefore.shape(), w.shape(), options);
  if (choice.winograd())
    return winograd_backward_data_prelu(dy, w, before, slope, options, choice.tile, dbefore, dslope);
  HWY_DYNAMIC_DISPATCH(convolve_back)(dy, w, options, dbefore);
  cpu::prelu_backward(before, slope, dbefore, dbefore, dslope);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
