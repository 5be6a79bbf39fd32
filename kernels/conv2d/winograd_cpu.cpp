// Winograd convolution forward and backward data on the CPU. Both are the same computation: backward data convolves dy
// with the filter turned by 180 degrees and its channels exchanged.
//
// Of some tiles at a time, the inputs are transformed into V [point][tile][channel]. Then each thread takes strips of
// output channels: it transforms the strip's filters into U [point][channel][strip], and for a few tiles at a time
// multiplies V by U at each of the 36 points into M [point][tile][strip], which it transforms back into pixels while it
// is in the second-level cache.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/winograd_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/conv2d/winograd_cpu.h"
#include "kernels/conv2d/winograd_tiles-inl.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/transpose.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/prelu/prelu.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// Writes the transformed input of tiles [first, first + count) to V.
void transform_inputs(const TileGrid& grid, const float* x, std::int64_t channels, std::int64_t first,
                      std::int64_t count, float* v, std::int64_t plane) {
  cpu::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const TileGrid::Place place = grid.place(first + tile);
      for (std::int64_t channel = 0; channel < channels; channel += lanes)
        transform_input_tile(grid, x, channels, channel, place, v + tile * channels + channel, plane);
    }
  });
}

/// U of one strip: u[point][c][j] = (G g G^T)[point] for the filter between input channel c and output channel j of the
/// strip. taps[t][c][j] holds that filter's tap t.
void transform_filters(const float* HWY_RESTRICT taps, std::int64_t depth, float* HWY_RESTRICT u) {
  const Floats d;
  const std::int64_t size = depth * tile_columns;
  for (std::int64_t i = 0; i < size; i += lanes) {
    Vector g[3][3], out[6][6];
#pragma GCC unroll 3
    for (int a = 0; a < 3; ++a)
#pragma GCC unroll 3
      for (int b = 0; b < 3; ++b) g[a][b] = hn::Load(d, taps + (a * 3 + b) * size + i);
    transform_both<3, 6>(
        g, out, [](const Vector(&from)[3], Vector(&result)[6]) HWY_ATTR { transform_filter(from, result); });
#pragma GCC unroll 6
    for (int a = 0; a < 6; ++a)
#pragma GCC unroll 6
      for (int b = 0; b < 6; ++b) hn::Store(out[a][b], d, u + (a * 6 + b) * size + i);
  }
}

/// Transforms M of one tile back and writes the tile's pixels, `width` channels from `channel` on.
void write_tile(const TileGrid& grid, const TileGrid::Place& place, const float* HWY_RESTRICT m,
                std::int64_t plane, const float* bias, float* y, std::int64_t channels, std::int64_t channel,
                std::int64_t width) {
  const Floats d;
  const std::int64_t rows = std::min<std::int64_t>(tile_out, grid.oh - place.oy);
  const std::int64_t columns = std::min<std::int64_t>(tile_out, grid.ow - place.ox);
  float* const corner = y + ((place.image * grid.oh + place.oy) * grid.ow + place.ox) * channels + channel;
  for (std::int64_t lane = 0; lane < width; lane += lanes) {
    Vector in[6][6], out[4][4];
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i)
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) in[i][j] = hn::Load(d, m + (i * 6 + j) * plane + lane);
    transform_both<6, 4>(
        in, out, [](const Vector(&from)[6], Vector(&result)[4]) HWY_ATTR { transform_output(from, result); });
    const Vector start = bias != nullptr ? hn::LoadU(d, bias + channel + lane) : hn::Zero(d);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        hn::StoreU(hn::Add(out[i][j], start), d, corner + (i * grid.ow + j) * channels + lane);
  }
}

/// The strips' products and the way back, for tiles [first, first + count) whose V is ready.
class WinogradProducts {
 public:
  WinogradProducts(const TileGrid& grid, std::int64_t depth, std::int64_t channels, const float* bias,
                   float* y)
      : grid_(grid), depth_(depth), channels_(channels), bias_(bias), y_(y) {}

  /// pack(strip, taps): writes the strip's filters as [tap][channel][tile_columns].
  template <class Pack>
  void run(std::int64_t first, std::int64_t count, const float* v, std::int64_t plane,
           const Pack& pack) const {
    const std::int64_t strips = (channels_ + tile_columns - 1) / tile_columns;
    const std::int64_t blocks = (count + block_tiles - 1) / block_tiles;
    cpu::parallel_for(strips * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t strip_size = depth_ * tile_columns,
                         m_plane = plane_stride(block_tiles * tile_columns);
      Tensor scratch = Tensor::empty({(9 + points) * strip_size + points * m_plane});
      float* const taps = scratch.data<float>();
      float* const u = taps + 9 * strip_size;
      float* const m = u + points * strip_size;
      std::int64_t packed = -1;
      for (std::int64_t unit = begin; unit < end; ++unit) {
        const std::int64_t strip = unit / blocks, block = unit % blocks;
        if (strip != packed) {
          pack(strip, taps);
          transform_filters(taps, depth_, u);
          packed = strip;
        }
        const std::int64_t tile = block * block_tiles, tiles = std::min(block_tiles, count - tile);
        multiply(v + tile * depth_, plane, tiles, u, m, m_plane);
        const std::int64_t channel = strip * tile_columns;
        for (std::int64_t t = 0; t < tiles; ++t)
          write_tile(grid_, grid_.place(first + tile + t), m + t * tile_columns, m_plane, bias_, y_,
                     channels_, channel, std::min(tile_columns, channels_ - channel));
      }
    });
  }

 private:
  // Tiles whose M, 36 strips a tile, stays in the second-level cache beside what streams through it.
  static constexpr std::int64_t block_tiles = 8 * tile_rows;

  /// m[point][t][:] = v[point][t][:] u[point][:][:]. V holds rows up to a multiple of tile_rows.
  void multiply(const float* v, std::int64_t plane, std::int64_t tiles, const float* u, float* m,
                std::int64_t m_plane) const {
    const Floats d;
    for (int point = 0; point < points; ++point)
      for (std::int64_t t = 0; t < tiles; t += tile_rows) {
        const float* rows[tile_rows];
        for (int r = 0; r < tile_rows; ++r) rows[r] = v + point * plane + (t + r) * depth_;
        Tile sums;
        sums.start();
        multiply_rows(sums, rows, u + point * depth_ * tile_columns, depth_);
        for (int r = 0; r < tile_rows; ++r)
          for (int i = 0; i < tile_vectors; ++i)
            hn::Store(sums.sum[r][i], d, m + point * m_plane + (t + r) * tile_columns + i * lanes);
      }
  }

  const TileGrid& grid_;
  const std::int64_t depth_, channels_;
  const float* const bias_;
  float* const y_;
};

template <class Pack>
void winograd(const Tensor& x, std::int64_t pad, const Pack& pack, const float* bias, Tensor& y) {
  const TileGrid grid(x.shape(), y.shape(), pad);
  const std::int64_t depth = x.shape()[3], tiles = grid.count(), some = tiles_at_once(depth, tiles);
  const std::int64_t plane = plane_stride(some * depth);
  Tensor transformed = Tensor::empty({points * plane});
  float* const v = transformed.data<float>();
  const WinogradProducts products(grid, depth, y.shape()[3], bias, y.data<float>());
  for (std::int64_t first = 0; first < tiles; first += some) {
    const std::int64_t count = std::min(some, tiles - first);
    transform_inputs(grid, x.data<float>(), depth, first, count, v, plane);
    products.run(first, count, v, plane, pack);
  }
}

void winograd_convolve(const Tensor& x, const Tensor& w, const Tensor& bias, const Conv2dOptions& options,
                       Tensor& y) {
  const std::int64_t in = w.shape()[3], out = w.shape()[0];
  const float* const weights = w.data<float>();
  const auto pack = [&](std::int64_t strip, float* taps) {
    const std::int64_t o = strip * tile_columns;
    cpu::pack_transposed(weights + o * 9 * in, 9 * in, std::min(tile_columns, out - o), 9 * in, tile_columns,
                         taps);
  };
  winograd(x, options.pad, pack, bias.defined() ? bias.data<float>() : nullptr, y);
}

void winograd_convolve_back(const Tensor& dy, const Tensor& w, const Conv2dOptions& options, Tensor& dx) {
  const std::int64_t in = w.shape()[3], out = w.shape()[0];
  const float* const weights = w.data<float>();
  const auto pack = [&](std::int64_t strip, float* taps) {
    const std::int64_t i = strip * tile_columns, width = std::min(tile_columns, in - i);
    for (std::int64_t tap = 0; tap < 9; ++tap)  // the last tap first: turned by 180 degrees
      cpu::pack_columns(weights + (8 - tap) * in + i, 9 * in, width, out, tile_columns,
                        taps + tap * out * tile_columns);
  };
  // dx[i] = sum of w[k] dy[i + pad - k] = sum of turned[k'] dy[i + k' - (2 - pad)].
  winograd(dy, 2 - options.pad, pack, nullptr, dx);
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(winograd_convolve);
HWY_EXPORT(winograd_convolve_back);

namespace cpu {

bool winograd_applies(const Shape& x, const Shape& w, Conv2dOptions options) {
  constexpr std::int64_t widest_vector = 16, fewest = 16;
  return w[1] == 3 && w[2] == 3 && options.stride == 1 && options.pad <= 2 && x[0] > 0 &&
         w[0] % widest_vector == 0 && w[3] % widest_vector == 0 && std::min(w[0], w[3]) >= fewest;
}

void winograd_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options,
                      Tensor& y) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve)(x, w, bias, options, y);
}

void winograd_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                            const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y) {
  Tensor sums = before.defined() ? before : Tensor::empty(y.shape());
  cpu::winograd_forward(x, w, bias, options, sums);
  if (!residual.defined()) return cpu::prelu_forward(sums, slope, y);
  Tensor rectified = before.defined() ? Tensor::empty(y.shape()) : sums;
  cpu::prelu_forward(sums, slope, rectified);
  cpu::add(residual, rectified, y);
}

void winograd_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve_back)(dy, w, options, dx);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
