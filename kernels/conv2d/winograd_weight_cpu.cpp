// Winograd convolution backward weight on the CPU.
//
// At each point, dU += D^T V is a matrix product over tiles: V [strip of input channels][tile][strip] holds their transformed
// inputs, D [group of output channels][tile][group] their transformed output gradients. In the end, dU is transformed into
// dw. The tiles are cut into a few parts that have a dU each, as many as the filters' size permits; where there are more
// threads than parts, each part is cut by rows of points, and after that by output channels. A unit of that work takes some
// tiles at a time, transforms them into scratch memory of its thread and adds their products to its piece of dU. So the
// sums have one order, whatever the number of threads.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/winograd_weight_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/conv2d/winograd_cpu.h"
#include "kernels/conv2d/winograd_tiles-inl.h"
#include "kernels/cpu/parallel.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

class WinogradWeightGradient {
 public:
  WinogradWeightGradient(const Tensor& x, const Tensor& dy, std::int64_t pad, cpu::WinogradTile tile,
                         Tensor& dw)
      : grid_(x.shape(), dy.shape(), pad, tile),
        in_(x.shape()[3]),
        out_(dy.shape()[3]),
        strips_((in_ + tile_columns - 1) / tile_columns),
        some_(std::min(tiles_together, grid_.count())),
        blocks_((grid_.count() + some_ - 1) / some_),
        du_plane_(plane_stride(out_ * in_)),
        parts_(std::clamp<std::int64_t>(copies_size / (grid_.points() * du_plane_), 1,
                                        std::min<std::int64_t>(most_parts, blocks_))),
        x_(x.data<float>()),
        dy_(dy.data<float>()),
        dw_(dw.data<float>()) {}

  void run() {
    Tensor du = Tensor::empty({parts_ * grid_.points() * du_plane_});
    du_ = du.data<float>();
    for (std::int64_t part = 0; part < parts_; ++part)
      for (int point = 0; point < grid_.points(); ++point)
        used_[part][point] = common(grid_.tiles_of(point), tiles_of_part(part)).count() > 0;
    const std::int64_t threads = cpu::thread_count(), groups = (out_ + group - 1) / group;
    const std::int64_t row_parts = std::min<std::int64_t>((threads + parts_ - 1) / parts_, grid_.points_y());
    const std::int64_t out_parts =
        std::min((threads + parts_ * row_parts - 1) / (parts_ * row_parts), groups);
    cpu::parallel_each(parts_ * row_parts * out_parts, [&] {
      return [&](std::int64_t unit) {
        const std::int64_t out_part = unit % out_parts, row_part = unit / out_parts % row_parts;
        add_tiles(unit / out_parts / row_parts, row_part, row_parts, groups * out_part / out_parts * group,
                  std::min(out_, groups * (out_part + 1) / out_parts * group));
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

  // Tiles at a time: with more of them V and D would leave the caches; with fewer, dU would be read and written more often.
  static constexpr std::int64_t tiles_together = 64;

  // Values of dU in all parts together, if there is more than one, and the most parts.
  static constexpr std::int64_t copies_size = std::int64_t{2} << 20, most_parts = 4;

  /// Scratch memory of a unit of work: some rows of points, of the output channels [out_begin, out_end).
  struct Scratch {
    std::int64_t out_begin, out_end;
    PointPlanes v_planes, d_planes;
    Tensor v_memory, d_memory;
    float *v, *d;
  };

  /// The tiles of a part.
  TileRange tiles_of_part(std::int64_t part) const {
    return {blocks_ * part / parts_ * some_, std::min(blocks_ * (part + 1) / parts_ * some_, grid_.count())};
  }

  /// dU of a part of the tiles, at some rows of points, of the output channels [out_begin, out_end).
  void add_tiles(std::int64_t part, std::int64_t row_part, std::int64_t row_parts, std::int64_t out_begin,
                 std::int64_t out_end) const {
    const std::int64_t v_plane = plane_stride(strips_ * some_ * tile_columns);
    const std::int64_t d_plane = plane_stride(some_ * (out_end - out_begin) + tile_rows);
    Scratch scratch{out_begin,
                    out_end,
                    PointPlanes(grid_, v_plane, row_part, row_parts),
                    PointPlanes(grid_, d_plane, row_part, row_parts),
                    {},
                    {},
                    nullptr,
                    nullptr};
    // Columns of V beyond the last channel are never written and must not stay undefined.
    const std::int64_t v_size = scratch.v_planes.count() * v_plane;
    scratch.v_memory = in_ % tile_columns == 0 ? Tensor::empty({v_size}) : Tensor::zeros({v_size});
    scratch.d_memory = Tensor::empty({scratch.d_planes.count() * d_plane});
    scratch.v = scratch.v_memory.data<float>();
    scratch.d = scratch.d_memory.data<float>();
    const Tensor zeros = Tensor::zeros({std::max(in_, out_)});
    const float* const outside = zeros.data<float>();
    const TileRange all = tiles_of_part(part);
    float* const du = du_ + part * grid_.points() * du_plane_;
    for (std::int64_t first = all.begin; first < all.end; first += some_) {
      const std::int64_t count = std::min(some_, all.end - first);
      for (std::int64_t tile = 0; tile < count; ++tile) transform(first + tile, tile, outside, scratch);
      for (int point = 0; point < grid_.points(); ++point)
        if (scratch.v_planes.has(point))
          multiply(point, common(grid_.tiles_of(point), all), {first, first + count}, scratch, du);
    }
  }

  /// V and D of one tile, the `slot`-th of those in the scratch memory.
  void transform(std::int64_t tile, std::int64_t slot, const float* outside, const Scratch& scratch) const {
    const TileGrid::Place place = grid_.place(tile);
    TileGrid::Pixels inputs, gradients;
    grid_.input_pixels(place, x_, in_, outside, inputs);
    grid_.output_pixels(place, dy_, out_, outside, gradients);
    transform_input_tile(
        scratch.v_planes, place, inputs, in_,
        [&](std::int64_t channel) HWY_ATTR {
          return scratch.v + (channel / tile_columns * some_ + slot) * tile_columns + channel % tile_columns;
        },
        PixelsAhead{&gradients, place.outputs_y() * place.outputs_x(), out_});
    transform_gradient(place, gradients, scratch, slot);
  }

  /// D of one tile: (A dY A^T)[p].
  void transform_gradient(const TileGrid::Place& place, const TileGrid::Pixels& pixels,
                          const Scratch& scratch, std::int64_t slot) const {
    with_outputs(place.outputs_y(), place.outputs_x(), [&](auto y, auto x) HWY_ATTR {
      using Y = decltype(y);
      using X = decltype(x);
      const Floats d;
      for (std::int64_t o = scratch.out_begin; o < scratch.out_end; o += lanes) {
        float* const to = scratch.d + d_offset(scratch, o) + slot * group_width(o);
        transform_both<Y::outputs, X::outputs, Y::inputs, X::inputs>(
            [](const auto& from, auto& result) HWY_ATTR { transform_output_gradient(from, result); },
            [&](int i, int j) HWY_ATTR { return hn::LoadU(d, pixels[i * X::outputs + j] + o); },
            [&](int i, int j, Vector value)
                HWY_ATTR { hn::StoreU(value, d, to + scratch.d_planes.template offset_in_tile<Y, X>(i, j)); },
            [&](int i) HWY_ATTR { return scratch.d_planes.template has_row_of_tile<Y>(i); });
      }
    });
  }

  std::int64_t group_width(std::int64_t o) const { return std::min(group, out_ - o / group * group); }
  /// Where channel o of a point's D begins; its tiles follow at a distance of group_width(o).
  std::int64_t d_offset(const Scratch& scratch, std::int64_t o) const {
    return (o / group * group - scratch.out_begin) * some_ + o % group;
  }

  /// dU[point] += D^T V over the tiles of a block that use the point; `all` are those of the whole part.
  void multiply(int point, TileRange all, TileRange block, const Scratch& scratch, float* du) const {
    const TileRange range = common(all, block);
    if (range.count() == 0) return;
    const std::int64_t begin = range.begin - block.begin;
    const float* const v = scratch.v + scratch.v_planes.offset(point);
    const float* const d = scratch.d + scratch.d_planes.offset(point);
    for (std::int64_t strip = 0; strip < strips_; ++strip) {
      const std::int64_t channel = strip * tile_columns, width = std::min(tile_columns, in_ - channel);
      for (std::int64_t o0 = scratch.out_begin; o0 < scratch.out_end; o0 += group)
        for (std::int64_t o = o0, step = group_width(o0); o < o0 + step; o += tile_rows) {
          Tile sums;
          sums.start();
          multiply_outer(sums, d + d_offset(scratch, o) + begin * step, step,
                         v + (strip * some_ + begin) * tile_columns, tile_columns, range.count());
          add(sums, du + point * du_plane_ + o * in_ + channel,
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

  /// dw[o] = G^T (sum of dU[o] over the parts) G. A part has no dU for points that none of its tiles uses.
  void write_filters(std::int64_t o) const {
    with_outputs(grid_.largest().y, grid_.largest().x, [&](auto y, auto x) HWY_ATTR {
      constexpr int points_y = decltype(y)::inputs, points_x = decltype(x)::inputs;
      const Floats d;
      for (std::int64_t channel = 0; channel < in_; channel += lanes) {
        const float* const from = du_ + o * in_ + channel;
        transform_both<points_y, points_x, 3, 3>(
            [](const auto& u, auto& result) HWY_ATTR { transform_filter_gradient(u, result); },
            [&](int i, int j) HWY_ATTR {
              const int point = i * points_x + j;
              Vector sum = hn::Zero(d);
              for (std::int64_t part = 0; part < parts_; ++part)
                if (used_[part][point])
                  sum = hn::Add(sum, hn::LoadU(d, from + (part * points_y * points_x + point) * du_plane_));
              return sum;
            },
            [&](int i, int j, Vector value)
                HWY_ATTR { hn::StoreU(value, d, dw_ + (o * 9 + i * 3 + j) * in_ + channel); });
      }
    });
  }

  const TileGrid grid_;
  const std::int64_t in_, out_, strips_;
  const std::int64_t some_, blocks_;  // tiles at a time, and how often
  const std::int64_t du_plane_;       // distance between points
  const std::int64_t parts_;          // of the tiles
  const float* const x_;
  const float* const dy_;
  float* const dw_;
  float* du_ = nullptr;
  bool used_[most_parts][most_points * most_points];  // whether a part's tiles use a point
};

void winograd_convolve_weight(const Tensor& x, const Tensor& dy, const Conv2dOptions& options,
                              cpu::WinogradTile tile, Tensor& dw) {
  WinogradWeightGradient(x, dy, options.pad, tile, dw).run();
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(winograd_convolve_weight);

namespace cpu {

void winograd_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, WinogradTile tile,
                              Tensor& dw) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve_weight)(x, dy, options, tile, dw);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
