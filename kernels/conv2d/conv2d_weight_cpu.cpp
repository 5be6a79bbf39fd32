// Convolution backward weight on the CPU.
//
// For each window position (tap), dw^T is a matrix product over pixels: the input pixels that the tap sees, [pixels, in]
// transposed, times dy [pixels, out]. A register tile of it is six input channels by a strip of output channels. Pixels
// come in blocks. Of a block, dy is packed as [strip][pixel][strip], so that a strip stays in the first-level cache while
// all input channels pass by, and x for one tap after the other as [tile][pixel][tile], without the pixels whose
// input pixel lies outside of the image.
//
// Threads own disjoint parts of dw, which are added up block after block: no reduction over threads, and the same bits for
// any number of them. With few input channels the whole window is one tap, gathered into a buffer; then dw is small and
// threads share out the pixels, as a fixed number of sums that are added in the end.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/conv2d_weight_cpu.cpp"
#include <hwy/foreach_target.h>

#include <cstring>
#include <vector>

#include "kernels/conv2d/algorithm_cpu.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/im2col_cpu.h"
#include "kernels/conv2d/winograd_cpu.h"
#include "kernels/cpu/parallel.h"
#include "kernels/gemm/row_tiles-inl.h"
#include "tensor/tensor.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// A pixel of a block that a tap sees: where its input is, and its dy in the first packed strip.
struct PixelTerm {
  const float* x;
  const float* dy;
};

/// tile[r][j] += sum over the terms of x[term][r] dy[strip + j], with x: [terms][height].
template <int height>
HWY_INLINE void multiply_terms(const float* HWY_RESTRICT x, const std::vector<PixelTerm>& terms,
                               std::int64_t strip, float* HWY_RESTRICT tile) {
  TileOf<height> sums;
  sums.start();
  for (const PixelTerm& term : terms) {
    sums.multiply_add([x](int r) HWY_ATTR { return x[r]; }, term.dy + strip);
    x += height;
  }
  sums.add(tile);
  sums.store(tile);
}

class WeightGradient {
 public:
  WeightGradient(const Tensor& x, const Tensor& dy, const Conv2dOptions& options, const Tensor& dw)
      : height_(x.shape()[1]),
        width_(x.shape()[2]),
        channels_(x.shape()[3]),
        oh_(dy.shape()[1]),
        ow_(dy.shape()[2]),
        stride_(options.stride),
        pad_(options.pad),
        kernel_height_(dw.shape()[1]),
        kernel_width_(dw.shape()[2]),
        gathered_(cpu::few_channels(channels_)),
        taps_(gathered_ ? 1 : kernel_height_ * kernel_width_),
        in_(gathered_ ? kernel_height_ * kernel_width_ * channels_ : channels_),
        out_(dy.shape()[3]),
        strips_((out_ + tile_columns - 1) / tile_columns),
        tiles_(in_),
        pixels_(dy.shape()[0] * oh_ * ow_),
        from_(x.data<float>()),
        dy_from_(dy.data<float>()) {}

  void run(Tensor& dw) const {
    const std::int64_t units = taps_ * strips_;
    const std::int64_t chunks = gathered_ ? std::clamp<std::int64_t>(pixels_ / 512, 1, 32) : 1;
    Tensor sums =
        Tensor::empty({chunks, units * unit_size()});  // [chunk][tap][strip][tile][tile_rows][tile_columns]
    float* const base = sums.data<float>();
    if (gathered_) {
      cpu::parallel_for(chunks, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c)
          add_pixels(pixels_ * c / chunks, pixels_ * (c + 1) / chunks, 0, units,
                     base + c * units * unit_size());
      });
    } else {
      cpu::parallel_for(
          units, 1, [&](std::int64_t begin, std::int64_t end) { add_pixels(0, pixels_, begin, end, base); });
    }
    for (std::int64_t c = 1; c < chunks; ++c)
      for (std::int64_t i = 0; i < units * unit_size(); ++i) base[i] += base[c * units * unit_size() + i];
    write(base, dw.data<float>());
  }

 private:
  std::int64_t unit_size() const { return tiles_.count() * tile_rows * tile_columns; }

  /// Computes the units (tap, strip) [begin, end) of `sums` over pixels [first, last).
  void add_pixels(std::int64_t first, std::int64_t last, std::int64_t begin, std::int64_t end,
                  float* sums) const {
    std::fill(sums + begin * unit_size(), sums + end * unit_size(), 0.0f);
    // A strip's part of a block takes half of the first-level cache at most; x for one tap a part of the second-level
    // cache.
    constexpr std::int64_t block = depth_block;
    Tensor packed_dy = Tensor::empty({strips_ * block * tile_columns});
    Tensor packed_x = Tensor::empty({tiles_.count() * block * tile_rows});
    Tensor window = Tensor::empty({gathered_ ? block * in_ : 0});
    std::vector<PixelTerm> terms;
    for (std::int64_t pixel = first; pixel < last; pixel += block) {
      const std::int64_t count = std::min(block, last - pixel);
      pack_dy(pixel, count, packed_dy.data<float>());
      for (std::int64_t unit = begin; unit < end;) {
        const std::int64_t tap = unit / strips_;
        list_terms(tap, pixel, count, packed_dy.data<float>(), window.data<float>(), terms);
        pack_x(terms, packed_x.data<float>());
        for (; unit < std::min(end, (tap + 1) * strips_); ++unit)
          multiply_unit(terms, packed_x.data<float>(), unit % strips_ * block * tile_columns,
                        sums + unit * unit_size());
      }
    }
  }

  /// Adds one strip's share of a block to all tiles.
  void multiply_unit(const std::vector<PixelTerm>& terms, const float* packed_x, std::int64_t strip,
                     float* sums) const {
    for (std::int64_t tile = 0; tile < tiles_.count(); ++tile) {
      const float* const x = packed_x + tiles_.begin(tile) * std::ssize(terms);
      if (tiles_.is_low(tile))
        multiply_terms<low_tile_rows>(x, terms, strip, sums + tile * tile_rows * tile_columns);
      else
        multiply_terms<tile_rows>(x, terms, strip, sums + tile * tile_rows * tile_columns);
    }
  }

  /// Pixels [first, first + count) of dy as [strip][pixel][tile_columns], zero beyond `out`.
  void pack_dy(std::int64_t first, std::int64_t count, float* packed) const {
    const Floats d;
    const float* from = dy_from_ + first * out_;
    for (std::int64_t p = 0; p < count; ++p, from += out_)
      for (std::int64_t strip = 0; strip < strips_; ++strip) {
        float* const to = packed + (strip * depth_block + p) * tile_columns;
        const std::int64_t o = strip * tile_columns;
        if (o + tile_columns > out_) {
          std::fill(std::copy(from + o, from + out_, to), to + tile_columns, 0.0f);
        } else {
#pragma GCC unroll 4
          for (int v = 0; v < tile_vectors; ++v)
            hn::Store(hn::LoadU(d, from + o + v * lanes), d, to + v * lanes);
        }
      }
  }

  /// The pixels among [first, first + count) that a tap sees inside of the image.
  void list_terms(std::int64_t tap, std::int64_t first, std::int64_t count, const float* packed_dy,
                  float* window, std::vector<PixelTerm>& terms) const {
    const cpu::WindowGather gather{height_, width_, channels_, kernel_height_, kernel_width_, pad_};
    const std::int64_t ky = tap / kernel_width_ - pad_, kx = tap % kernel_width_ - pad_;
    std::int64_t n = first / ow_ / oh_, oy = first / ow_ % oh_, ox = first % ow_;
    terms.resize(static_cast<std::size_t>(count));
    PixelTerm* term = terms.data();
    for (std::int64_t p = 0; p < count; ++p, packed_dy += tile_columns) {
      if (gathered_) {
        gather(from_, n, oy * stride_, ox * stride_, window + p * in_);
        *term++ = {window + p * in_, packed_dy};
      } else {
        const std::int64_t iy = oy * stride_ + ky, ix = ox * stride_ + kx;
        if (iy >= 0 && iy < height_ && ix >= 0 && ix < width_)
          *term++ = {from_ + ((n * height_ + iy) * width_ + ix) * in_, packed_dy};
      }
      if (++ox == ow_) ox = 0, ++oy;
      if (oy == oh_) oy = 0, ++n;
    }
    terms.resize(static_cast<std::size_t>(term - terms.data()));
  }

  /// The terms' input as [tile][term][height of the tile], zero beyond `in`.
  void pack_x(const std::vector<PixelTerm>& terms, float* packed) const {
    const std::int64_t count = std::ssize(terms), high_tiles = tiles_.high_count(), whole = in_ / tile_rows;
    for (std::int64_t t = 0; t < count; ++t) {
      const float* const x = terms[static_cast<std::size_t>(t)].x;
      constexpr std::int64_t ahead = 16,
                             line = 16;  // terms, because the processor does not foresee strides; floats
      if (t + ahead < count)
        for (std::int64_t c = 0; c < in_; c += line)
          __builtin_prefetch(terms[static_cast<std::size_t>(t + ahead)].x + c);
      std::int64_t tile = 0;
      for (float* to = packed + t * tile_rows; tile < std::min(whole, high_tiles);
           ++tile, to += count * tile_rows)
        std::memcpy(to, x + tile * tile_rows, tile_rows * sizeof(float));
      for (; tile < tiles_.count(); ++tile) {
        const std::int64_t channel = tiles_.begin(tile), height = tiles_.full_height(tile);
        float* const to = packed + channel * count + t * height;
        for (std::int64_t r = 0; r < height; ++r) to[r] = channel + r < in_ ? x[channel + r] : 0.0f;
      }
    }
  }

  /// The sums to their places in dw [out, taps, in].
  void write(const float* sums, float* dw) const {
    cpu::parallel_for(taps_ * strips_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t o = unit % strips_ * tile_columns, tap = unit / strips_;
        const std::int64_t width = std::min(tile_columns, out_ - o);
        for (std::int64_t tile = 0; tile < tiles_.count(); ++tile) {
          const float* const from = sums + (unit * tiles_.count() + tile) * tile_rows * tile_columns;
          const std::int64_t channel = tiles_.begin(tile), height = tiles_.height(tile);
          for (std::int64_t j = 0; j < width; ++j)
            for (std::int64_t r = 0; r < height; ++r)
              dw[((o + j) * taps_ + tap) * in_ + channel + r] = from[r * tile_columns + j];
        }
      }
    });
  }

  const std::int64_t height_, width_, channels_, oh_, ow_;
  const std::int64_t stride_, pad_, kernel_height_, kernel_width_;
  const bool gathered_;
  const std::int64_t taps_, in_, out_, strips_;
  const RowTiles tiles_;  // of input channels
  const std::int64_t pixels_;
  const float* const from_;
  const float* const dy_from_;
};

void convolve_weight(const Tensor& x, const Tensor& dy, const Conv2dOptions& options, Tensor& dw) {
  WeightGradient(x, dy, options, dw).run(dw);
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(convolve_weight);

namespace cpu {

void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw) {
  if (dy.size() == 0 || dw.size() == 0) {  // no pixel, an empty sum
    dw.set_zero();
    return;
  }
  const ConvChoice choice = conv2d_choice(ConvDirection::backward_weight, x.shape(), dw.shape(), options);
  if (choice.winograd()) return winograd_backward_weight(x, dy, options, choice.tile, dw);
  HWY_DYNAMIC_DISPATCH(convolve_weight)(x, dy, options, dw);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
