// Winograd convolution backward weight on the CPU.
//
// Of some tiles at a time, the inputs are transformed into V [point][strip of input channels][tile][strip] and the output
// gradients into D [point][group of output channels][tile][group]. At each point, dU += D^T V is a matrix product over
// tiles. Threads own disjoint (point, strip) pairs of dU, so nothing is reduced over threads and the sums have one order.
// In the end, dU is transformed into dw.

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
  WinogradWeightGradient(const Tensor& x, const Tensor& dy, std::int64_t pad, Tensor& dw)
      : grid_(x.shape(), dy.shape(), pad),
        in_(x.shape()[3]),
        out_(dy.shape()[3]),
        strips_((in_ + tile_columns - 1) / tile_columns),
        some_(tiles_at_once(std::max(in_, out_), grid_.count())),
        v_plane_(plane_stride(strips_ * some_ * tile_columns)),
        d_plane_(plane_stride(some_ * out_)),
        du_plane_(plane_stride(out_ * in_)),
        x_(x.data<float>()),
        dy_(dy.data<float>()),
        dw_(dw.data<float>()) {}

  void run() {
    // Columns of V beyond the last channel are never written and must not stay undefined.
    Tensor v =
        in_ % tile_columns == 0 ? Tensor::empty({points * v_plane_}) : Tensor::zeros({points * v_plane_});
    Tensor d = Tensor::empty({points * d_plane_}), du = Tensor::empty({points * du_plane_});
    v_ = v.data<float>();
    d_ = d.data<float>();
    du_ = du.data<float>();
    const std::int64_t tiles = grid_.count();
    for (std::int64_t first = 0; first < tiles; first += some_) {
      const std::int64_t count = std::min(some_, tiles - first);
      cpu::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t tile = begin; tile < end; ++tile) transform_tile(first, tile);
      });
      cpu::parallel_for(points * strips_, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t unit = begin; unit < end; ++unit)
          multiply(static_cast<int>(unit / strips_), unit % strips_, count, first == 0);
      });
    }
    cpu::parallel_for(out_, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t o = begin; o < end; ++o) write_filters(o);
    });
  }

 private:
  // Output channels that lie together in D: whole vectors and whole register tiles of rows.
  static constexpr std::int64_t group = 8 * tile_rows;
  static_assert(group % lanes == 0);
  std::int64_t group_width(std::int64_t o) const { return std::min(group, out_ - o / group * group); }
  /// Where channel o of a point's D begins; its tiles follow at a distance of group_width(o).
  std::int64_t d_offset(std::int64_t o) const { return o / group * group * some_ + o % group; }

  void transform_tile(std::int64_t first, std::int64_t tile) const {
    const TileGrid::Place place = grid_.place(first + tile);
    for (std::int64_t channel = 0; channel < in_; channel += lanes) {
      const std::int64_t strip = channel / tile_columns;
      transform_input_tile(grid_, x_, in_, channel, place,
                           v_ + (strip * some_ + tile) * tile_columns + channel % tile_columns, v_plane_);
    }
    for (std::int64_t o = 0; o < out_; o += lanes)
      transform_gradient(place, o, d_ + d_offset(o) + tile * group_width(o));
  }

  /// to[p * d_plane_] = (A dY A^T)[p] for one tile and one vector of channels; dY is zero beyond the image.
  void transform_gradient(const TileGrid::Place& place, std::int64_t o, float* HWY_RESTRICT to) const {
    const Floats d;
    const float* const corner = dy_ + ((place.image * grid_.oh + place.oy) * grid_.ow + place.ox) * out_ + o;
    Vector in[4][4], half[6][4];
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) {
        const bool inside = place.oy + i < grid_.oh && place.ox + j < grid_.ow;
        in[i][j] = inside ? hn::LoadU(d, corner + (i * grid_.ow + j) * out_) : hn::Zero(d);
      }
#pragma GCC unroll 4
    for (int column = 0; column < 4; ++column) {
      const Vector from[4] = {in[0][column], in[1][column], in[2][column], in[3][column]};
      Vector result[6];
      transform_output_gradient(from, result);
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i) half[i][column] = result[i];
    }
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) {
      Vector result[6];
      transform_output_gradient(half[i], result);
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) hn::StoreU(result[j], d, to + (i * 6 + j) * d_plane_);
    }
  }

  /// du[point][:, strip] += D^T V over the current tiles.
  void multiply(int point, std::int64_t strip, std::int64_t count, bool start) const {
    // The strip's part of a block of tiles stays in the first-level cache while the output channels pass by.
    constexpr std::int64_t block = 4096 / tile_columns > 64 ? 4096 / tile_columns : 64;
    const float* const v = v_ + point * v_plane_ + strip * some_ * tile_columns;
    const std::int64_t channel = strip * tile_columns, width = std::min(tile_columns, in_ - channel);
    for (std::int64_t begin = 0; begin < count; begin += block) {
      const std::int64_t tiles = std::min(block, count - begin);
      for (std::int64_t o0 = 0; o0 < out_; o0 += group)
        for (std::int64_t o = o0; o < o0 + group_width(o0); o += tile_rows) {
          const std::int64_t rows = std::min<std::int64_t>(tile_rows, out_ - o), step = group_width(o);
          Tile sums;
          sums.start();
          multiply_outer(sums, d_ + point * d_plane_ + d_offset(o) + begin * step, step,
                         v + begin * tile_columns, tile_columns, tiles);
          add(sums, du_ + point * du_plane_ + o * in_ + channel, rows, width, start && begin == 0);
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

  /// dw[o] = G^T dU[o] G.
  void write_filters(std::int64_t o) const {
    const Floats d;
    for (std::int64_t channel = 0; channel < in_; channel += lanes) {
      Vector in[6][6], out[3][3];
      const float* const from = du_ + o * in_ + channel;
#pragma GCC unroll 6
      for (int i = 0; i < 6; ++i)
#pragma GCC unroll 6
        for (int j = 0; j < 6; ++j) in[i][j] = hn::LoadU(d, from + (i * 6 + j) * du_plane_);
      transform_both<6, 3>(in, out, [](const Vector(&u)[6], Vector(&result)[3]) HWY_ATTR {
        transform_filter_gradient(u, result);
      });
#pragma GCC unroll 3
      for (int i = 0; i < 3; ++i)
#pragma GCC unroll 3
        for (int j = 0; j < 3; ++j) hn::StoreU(out[i][j], d, dw_ + (o * 9 + i * 3 + j) * in_ + channel);
    }
  }

  const TileGrid grid_;
  const std::int64_t in_, out_, strips_;
  const std::int64_t some_;                          // tiles at a time
  const std::int64_t v_plane_, d_plane_, du_plane_;  // distances between points
  const float* const x_;
  const float* const dy_;
  float* const dw_;
  float *v_ = nullptr, *d_ = nullptr, *du_ = nullptr;
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
