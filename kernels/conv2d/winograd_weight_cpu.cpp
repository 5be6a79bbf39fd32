// Winograd convolution backward weight on the CPU.
//
// At each of the 36 points, dU += D^T V is a matrix product over tiles: V [strip of input channels][tile][strip] holds
// their transformed inputs, D [group of output channels][tile][group] their transformed output gradients. In the end, dU is
// transformed into dw. Each thread owns some rows of the 6 x 6 points and, where there are more threads than rows, a part
// of the output channels: it takes some tiles at a time, transforms them into scratch memory of its own and adds their
// products to its part of dU. So nothing is reduced over threads, and the sums have one order.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/winograd_weight_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/conv2d/winograd_cpu.h"
#include "kernels/conv2d/winograd_tiles-inl.h"
#include "kernels/cpu/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// Some of the six rows of points.
class PointRows {
 public:
  /// The part-th of `parts` (1, 2, 3 or 6). Rows 3 and 4, which the tiles at an edge do not use, go to different parts.
  PointRows(std::int64_t part, std::int64_t parts) {
    constexpr int order[tile_in] = {0, 1, 3, 2, 4, 5};
    for (std::int64_t i = tile_in * part / parts; i < tile_in * (part + 1) / parts; ++i)
      slot_[order[i]] = count_++;
  }
  bool has(int row) const { return slot_[row] >= 0; }
  /// The row's place among these.
  int slot(int row) const { return slot_[row]; }
  int count() const { return count_; }

 private:
  int slot_[tile_in] = {-1, -1, -1, -1, -1, -1};
  int count_ = 0;
};

class WinogradWeightGradient {
 public:
  WinogradWeightGradient(const Tensor& x, const Tensor& dy, std::int64_t pad, Tensor& dw)
      : grid_(x.shape(), dy.shape(), pad),
        in_(x.shape()[3]),
        out_(dy.shape()[3]),
        strips_((in_ + tile_columns - 1) / tile_columns),
        some_(std::min(tiles_together, grid_.count())),
        du_plane_(plane_stride(out_ * in_)),
        x_(x.data<float>()),
        dy_(dy.data<float>()),
        dw_(dw.data<float>()) {}

  void run() {
    Tensor du = Tensor::empty({points * du_plane_});
    du_ = du.data<float>();
    const std::int64_t threads = cpu::thread_count();
    const std::int64_t row_parts = threads < 4 ? threads : tile_in;
    const std::int64_t groups = (out_ + group - 1) / group;
    const std::int64_t out_parts = std::min((threads + row_parts - 1) / row_parts, groups);
    cpu::parallel_each(row_parts * out_parts, [&] {
      return [&](std::int64_t unit) {
        const std::int64_t part = unit / row_parts;
        add_tiles(PointRows(unit % row_parts, row_parts), groups * part / out_parts * group,
                  std::min(out_, groups * (part + 1) / out_parts * group));
      };
    });
    cpu::parallel_for(out_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) write_filters(o);
    });
  }

 private:
  // Output channels that lie together in D: whole vectors and whole register tiles of rows.
  static constexpr std::int64_t group = 8 * tile_rows;
  static_assert(group % lanes == 0);

  // Tiles at a time: with more of them a group's part of D would not stay in the first-level cache beside a strip's of V;
  // with fewer, dU would be read and written more often.
  static constexpr std::int64_t tiles_together = 128;

  /// Scratch memory of a thread, for some rows of points and the output channels [out_begin, out_end).
  struct Scratch {
    PointRows rows;
    std::int64_t out_begin, out_end;
    std::int64_t v_plane, d_plane;
    Tensor v_memory, d_memory;
    float *v, *d;

    /// The place of a point among these.
    std::int64_t index(int point) const { return rows.slot(point / tile_in) * tile_in + point % tile_in; }
  };

  /// dU at some rows of points, of the output channels [out_begin, out_end), over all tiles.
  void add_tiles(const PointRows& rows, std::int64_t out_begin, std::int64_t out_end) const {
    Scratch scratch{rows,
                    out_begin,
                    out_end,
                    plane_stride(strips_ * some_ * tile_columns),
                    plane_stride(some_ * (out_end - out_begin) + tile_rows),
                    {},
                    {},
                    nullptr,
                    nullptr};
    // Columns of V beyond the last channel are never written and must not stay undefined.
    const std::int64_t v_size = rows.count() * tile_in * scratch.v_plane;
    scratch.v_memory = in_ % tile_columns == 0 ? Tensor::empty({v_size}) : Tensor::zeros({v_size});
    scratch.d_memory = Tensor::empty({rows.count() * tile_in * scratch.d_plane});
    scratch.v = scratch.v_memory.data<float>();
    scratch.d = scratch.d_memory.data<float>();
    const Tensor zeros = Tensor::zeros({std::max(in_, out_)});
    const float* const outside = zeros.data<float>();
    for (std::int64_t first = 0; first < grid_.count(); first += some_) {
      const std::int64_t count = std::min(some_, grid_.count() - first);
      for (std::int64_t tile = 0; tile < count; ++tile) {
        const TileGrid::Place place = grid_.place(first + tile);
        TileGrid::Pixels pixels;
        grid_.input_pixels(place, x_, in_, outside, pixels);
        transform_input(place, pixels, scratch, tile);
        grid_.output_pixels(place, dy_, out_, outside, pixels);
        transform_gradient(place, pixels, scratch, tile);
      }
      for (int point = 0; point < points; ++point)
        if (rows.has(point / tile_in)) multiply(point, {first, first + count}, scratch);
    }
  }

  void transform_input(const TileGrid::Place& place, const TileGrid::Pixels& pixels, const Scratch& scratch,
                       std::int64_t tile) const {
    with_tile_kind(place, [&](auto y, auto x) HWY_ATTR {
      using Y = decltype(y);
      using X = decltype(x);
      const Floats d;
      for (std::int64_t channel = 0; channel < in_; channel += lanes) {
        float* const to =
            scratch.v + (channel / tile_columns * some_ + tile) * tile_columns + channel % tile_columns;
        transform_both<Y::inputs, X::inputs, Y::inputs, X::inputs>(
            [](const auto& from, auto& result) HWY_ATTR { HWY_NAMESPACE::transform_input(from, result); },
            [&](int i, int j) HWY_ATTR { return hn::LoadU(d, pixels[i * X::inputs + j] + channel); },
            [&](int i, int j, Vector value) HWY_ATTR {
              hn::Store(value, d, to + scratch.index(Y::point(i) * tile_in + X::point(j)) * scratch.v_plane);
            },
            [&](int i) HWY_ATTR { return scratch.rows.has(Y::point(i)); });
      }
    });
  }

  /// D of one tile: (A dY A^T)[p].
  void transform_gradient(const TileGrid::Place& place, const TileGrid::Pixels& pixels,
                          const Scratch& scratch, std::int64_t tile) const {
    with_tile_kind(place, [&](auto y, auto x) HWY_ATTR {
      using Y = decltype(y);
      using X = decltype(x);
      const Floats d;
      for (std::int64_t o = scratch.out_begin; o < scratch.out_end; o += lanes) {
        float* const to = scratch.d + d_offset(scratch, o) + tile * group_width(o);
        transform_both<Y::outputs, X::outputs, Y::inputs, X::inputs>(
            [](const auto& from, auto& result) HWY_ATTR { transform_output_gradient(from, result); },
            [&](int i, int j) HWY_ATTR { return hn::LoadU(d, pixels[i * X::outputs + j] + o); },
            [&](int i, int j, Vector value) HWY_ATTR {
              hn::StoreU(value, d, to + scratch.index(Y::point(i) * tile_in + X::point(j)) * scratch.d_plane);
            },
            [&](int i) HWY_ATTR { return scratch.rows.has(Y::point(i)); });
      }
    });
  }

  std::int64_t group_width(std::int64_t o) const { return std::min(group, out_ - o / group * group); }
  /// Where channel o of a point's D begins; its tiles follow at a distance of group_width(o).
  std::int64_t d_offset(const Scratch& scratch, std::int64_t o) const {
    return (o / group * group - scratch.out_begin) * some_ + o % group;
  }

  /// dU[point] += D^T V over the tiles of a block that use the point.
  void multiply(int point, TileRange block, const Scratch& scratch) const {
    const TileRange all = grid_.tiles_of(point), range = common(all, block);
    if (range.count() == 0) return;
    const std::int64_t begin = range.begin - block.begin;
    const float* const v = scratch.v + scratch.index(point) * scratch.v_plane;
    const float* const d = scratch.d + scratch.index(point) * scratch.d_plane;
    for (std::int64_t strip = 0; strip < strips_; ++strip) {
      const std::int64_t channel = strip * tile_columns, width = std::min(tile_columns, in_ - channel);
      for (std::int64_t o0 = scratch.out_begin; o0 < scratch.out_end; o0 += group)
        for (std::int64_t o = o0, step = group_width(o0); o < o0 + step; o += tile_rows) {
          Tile sums;
          sums.start();
          multiply_outer(sums, d + d_offset(scratch, o) + begin * step, step,
                         v + (strip * some_ + begin) * tile_columns, tile_columns, range.count());
          add(sums, du_ + point * du_plane_ + o * in_ + channel,
              std::min<std::int64_t>(tile_rows, o0 + step - o), width, range.begin == all.begin);
        }
    }
  }

  void add(const Tile& sums, float* to, std::int64_t rows, std::int64_t width, bool start) const {
    const Floats d;
#pragma GCC unroll 6
    for (int r = 0; r < tile_rows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < tile_vectors; ++v) {
        if (r >= rows || v * lanes >= width) continue;
        float* const target = to + r * in_ + v * lanes;
        hn::StoreU(start ? sums.sum[r][v] : hn::Add(hn::LoadU(d, target), sums.sum[r][v]), d, target);
      }
  }

  /// dw[o] = G^T dU[o] G. Points that no tile uses have no dU.
  void write_filters(std::int64_t o) const {
    const Floats d;
    bool used[points];
    for (int point = 0; point < points; ++point) used[point] = grid_.tiles_of(point).count() > 0;
    for (std::int64_t channel = 0; channel < in_; channel += lanes) {
      const float* const from = du_ + o * in_ + channel;
      transform_both<6, 6, 3, 3>(
          [](const auto& u, auto& result) HWY_ATTR { transform_filter_gradient(u, result); },
          [&](int i, int j) HWY_ATTR {
            const int point = i * tile_in + j;
            return used[point] ? hn::LoadU(d, from + point * du_plane_) : hn::Zero(d);
          },
          [&](int i, int j, Vector value)
              HWY_ATTR { hn::StoreU(value, d, dw_ + (o * 9 + i * 3 + j) * in_ + channel); });
    }
  }

  const TileGrid grid_;
  const std::int64_t in_, out_, strips_;
  const std::int64_t some_;      // tiles at a time
  const std::int64_t du_plane_;  // distance between points
  const float* const x_;
  const float* const dy_;
  float* const dw_;
  float* du_ = nullptr;
};

void winograd_convolve_weight(const Tensor& x, const Tensor& dy, const Conv2dOptions& options, Tensor& dw) {
  WinogradWeightGradient(x, dy, options.pad, dw).run();
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(winograd_convolve_weight);

namespace cpu {

void winograd_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve_weight)(x, dy, options, dw);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
