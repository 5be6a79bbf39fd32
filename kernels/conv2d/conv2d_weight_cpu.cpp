// Convolution backward weight on the CPU.
//
// For each window position (tap), dw is a matrix product over pixels: dy^T [out, pixels] times the pixels
// that the tap sees, [pixels, in]. Pixels come in blocks of output lines. Of each block,
//   dy is packed as [tile of 6 output channels][pixel][6] and
//   x as [strip of input channels][kx][input line][ox][strip], shifted and strided as kx asks, zero outside;
// then the lines that a tap reads lie one behind the other, in step with dy's, and one register tile of dw is
// summed over a whole span of lines without interruption. Threads share the packed block and own disjoint
// tiles of dw, which are added up block after block: no reduction over threads, and the same bits for any
// number of them.

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
#include "kernels/gemm/micro_kernel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

class WeightGradient {
 public:
  WeightGradient(const Tensor& x, const Tensor& dy, const Conv2dOptions& options, Tensor& dw)
      : height_(x.shape()[1]),
        width_(x.shape()[2]),
        in_(x.shape()[3]),
        oh_(dy.shape()[1]),
        ow_(dy.shape()[2]),
        out_(dw.shape()[0]),
        kh_(dw.shape()[1]),
        kw_(dw.shape()[2]),
        stride_(options.stride),
        pad_(options.pad),
        lines_(dy.shape()[0] * oh_),
        tiles_((out_ + tile_rows - 1) / tile_rows),
        strips_((in_ + tile_columns - 1) / tile_columns),
        x_(x.data<float>()),
        dy_(dy.data<float>()),
        dw_(dw.data<float>()) {}

  void run() {
    // One strip's and one tile's part of a block must share the first-level cache.
    const std::int64_t pixels = std::max<std::int64_t>(128, 4096 / tile_columns);
    const std::int64_t block = std::max<std::int64_t>(1, pixels / ow_);
    Tensor packed_dy = Tensor::empty({tiles_ * block * ow_ * tile_rows});
    packed_dy_ = packed_dy.data<float>();
    // Every span of lines reads (lines - 1) stride + kh input lines at most, and a block has at most `block`
    // spans.
    lines_of_strip_ = block * std::max(stride_, kh_) + kh_ + stride_ * 2 * block;
    Tensor packed_x = Tensor::empty({strips_ * kw_ * lines_of_strip_ * ow_ * tile_columns});
    packed_x_ = packed_x.data<float>();

    for (std::int64_t first = 0; first < lines_; first += block) {
      count_ = std::min(block, lines_ - first);
      cut_into_spans(first);
      cpu::parallel_for(tiles_ + strips_, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t part = begin; part < end; ++part)
          part < tiles_ ? pack_dy(part, first) : pack_x(part - tiles_);
      });
      cpu::parallel_for(strips_ * kh_ * kw_ * tiles_, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t unit = begin; unit < end; ++unit)
          add_tile(unit / tiles_ / (kh_ * kw_), unit / tiles_ % (kh_ * kw_), unit % tiles_, first == 0);
      });
    }
  }

 private:
  /// The lines of one image in the current block.
  struct Span {
    std::int64_t image, oy_begin, oy_end;
    std::int64_t iy_begin, iy_end;  // input lines that some tap reads
    std::int64_t pixel;             // index of the first pixel within the block
    std::int64_t line;              // index of the first packed input line
    std::int64_t group;             // packed lines of one residue modulo the stride
  };

  void cut_into_spans(std::int64_t first) {
    spans_.clear();
    std::int64_t packed_lines = 0;
    for (std::int64_t line = first; line < first + count_;) {
      Span span{};
      span.image = line / oh_;
      span.oy_begin = line % oh_;
      span.oy_end = std::min(oh_, span.oy_begin + first + count_ - line);
      span.iy_begin = std::clamp<std::int64_t>(span.oy_begin * stride_ - pad_, 0, height_);
      span.iy_end =
          std::clamp<std::int64_t>((span.oy_end - 1) * stride_ + kh_ - pad_, span.iy_begin, height_);
      span.pixel = (line - first) * ow_;
      span.line = packed_lines;
      span.group = (span.iy_end - span.iy_begin + stride_ - 1) / stride_;
      packed_lines += span.group * stride_;
      line += span.oy_end - span.oy_begin;
      spans_.push_back(span);
    }
  }

  void pack_dy(std::int64_t tile, std::int64_t first) const {
    const std::int64_t o = tile * tile_rows, channels = std::min<std::int64_t>(tile_rows, out_ - o);
    const float* from = dy_ + first * ow_ * out_ + o;
    float* to = packed_dy_ + tile * count_ * ow_ * tile_rows;
    for (std::int64_t pixel = 0; pixel < count_ * ow_; ++pixel, from += out_, to += tile_rows) {
      if (channels == tile_rows) {
        std::memcpy(to, from, tile_rows * sizeof(float));
      } else {
        for (std::int64_t r = 0; r < tile_rows; ++r) to[r] = r < channels ? from[r] : 0.0f;
      }
    }
  }

  /// Where the packed line iy of a span starts. Lines of one residue modulo the stride follow each other,
  /// because those are what consecutive output lines read through one ky.
  float* packed_line(const Span& span, std::int64_t strip, std::int64_t kx, std::int64_t iy) const {
    const std::int64_t offset = iy - span.iy_begin;
    const std::int64_t line = span.line + offset % stride_ * span.group + offset / stride_;
    return packed_x_ + ((strip * kw_ + kx) * lines_of_strip_ + line) * ow_ * tile_columns;
  }

  void pack_x(std::int64_t strip) const {
    const std::int64_t channel = strip * tile_columns, channels = std::min(tile_columns, in_ - channel);
    for (const Span& span : spans_)
      for (std::int64_t kx = 0; kx < kw_; ++kx)
        for (std::int64_t iy = span.iy_begin; iy < span.iy_end; ++iy) {
          const float* from = x_ + (span.image * height_ + iy) * width_ * in_ + channel;
          float* to = packed_line(span, strip, kx, iy);
          for (std::int64_t ox = 0; ox < ow_; ++ox, to += tile_columns) {
            const std::int64_t ix = ox * stride_ + kx - pad_;
            if (ix < 0 || ix >= width_) {
              std::memset(to, 0, tile_columns * sizeof(float));
            } else if (channels == tile_columns) {
              std::memcpy(to, from + ix * in_, tile_columns * sizeof(float));
            } else {
              std::memcpy(to, from + ix * in_, static_cast<std::size_t>(channels) * sizeof(float));
              std::memset(to + channels, 0,
                          static_cast<std::size_t>(tile_columns - channels) * sizeof(float));
            }
          }
        }
  }

  /// Adds the block's share to one register tile of dw (or starts it).
  void add_tile(std::int64_t strip, std::int64_t tap, std::int64_t tile, bool start) const {
    const std::int64_t ky = tap / kw_, kx = tap % kw_;
    const float* const a = packed_dy_ + tile * count_ * ow_ * tile_rows;
    Tile sums;
    sums.start();
    for (const Span& span : spans_) {
      // Output lines whose input line oy stride + ky - pad lies inside the image.
      const std::int64_t low = std::max<std::int64_t>(span.oy_begin, (pad_ - ky + stride_ - 1) / stride_);
      const std::int64_t limit = height_ - 1 + pad_ - ky;
      const std::int64_t high = limit < 0 ? low : std::min(span.oy_end, limit / stride_ + 1);
      if (low >= high) continue;
      multiply_outer(sums, a + (span.pixel + (low - span.oy_begin) * ow_) * tile_rows, tile_rows,
                     packed_line(span, strip, kx, low * stride_ + ky - pad_), tile_columns,
                     (high - low) * ow_);
    }

    const Floats d;
    HWY_ALIGN float values[tile_rows][tile_columns];
    for (int r = 0; r < tile_rows; ++r)
      for (int v = 0; v < tile_vectors; ++v) hn::Store(sums.sum[r][v], d, values[r] + v * lanes);
    const std::int64_t o = tile * tile_rows, channel = strip * tile_columns;
    const std::int64_t height = std::min<std::int64_t>(tile_rows, out_ - o);
    const std::int64_t width = std::min(tile_columns, in_ - channel);
    for (std::int64_t r = 0; r < height; ++r) {
      float* const target = dw_ + ((o + r) * kh_ * kw_ + tap) * in_ + channel;
      if (start)
        std::memcpy(target, values[r], static_cast<std::size_t>(width) * sizeof(float));
      else
        for (std::int64_t j = 0; j < width; ++j) target[j] += values[r][j];
    }
  }

  const std::int64_t height_, width_, in_, oh_, ow_, out_, kh_, kw_, stride_, pad_;
  const std::int64_t lines_;           // output lines of the whole batch
  const std::int64_t tiles_, strips_;  // of output and of input channels
  const float* const x_;
  const float* const dy_;
  float* const dw_;
  float* packed_dy_ = nullptr;
  float* packed_x_ = nullptr;
  std::int64_t lines_of_strip_ = 0;  // capacity in packed input lines
  std::int64_t count_ = 0;           // output lines of the current block
  std::vector<Span> spans_;
};

void convolve_weight(const Tensor& x, const Tensor& dy, const Conv2dOptions& options, Tensor& dw) {
  WeightGradient(x, dy, options, dw).run();
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(convolve_weight);

namespace cpu {

void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw) {
  const Shape& window = dw.shape();
  if (dy.size() == 0) {  // no pixel, an empty sum
    dw.set_zero();
    return;
  }
  switch (conv2d_algorithm(ConvDirection::backward_weight, x.shape(), window, options)) {
    case ConvAlgorithm::winograd:
      return winograd_backward_weight(x, dy, options, dw);
    case ConvAlgorithm::columns: {
      const Tensor columns = im2col(x, window[1], window[2], options);
      Tensor rows = dw.reshape({window[0], 1, 1, window[1] * window[2] * window[3]});
      return HWY_DYNAMIC_DISPATCH(convolve_weight)(columns, dy, Conv2dOptions{}, rows);
    }
    case ConvAlgorithm::direct:
      return HWY_DYNAMIC_DISPATCH(convolve_weight)(x, dy, options, dw);
  }
}

}  // namespace cpu
}  // namespace hypersphere
#endif
