// Winograd convolution forward and backward data on the CPU. Both are the same computation: backward data convolves dy
// with the filter turned by 180 degrees and its channels exchanged.
//
// A thread takes some tiles at a time. It transforms their inputs into V [point][tile][channel], multiplies V at each of
// the points by the transformed filters U [strip of outputs][point][channel][strip] into M [point][tile][output], and
// transforms M back into pixels, all in scratch memory of its own. (Memory that another core has just read is slow to
// write.) Where the filters are larger than the transformed image, the outputs are shared out in place of the tiles, and
// each thread transforms the filters of its own outputs just before it uses them.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv2d/winograd_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/conv2d/epilogue-inl.h"
#include "kernels/conv2d/kept_filters_cpu.h"
#include "kernels/conv2d/winograd_cpu.h"
#include "kernels/conv2d/winograd_tiles-inl.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cpu/transpose.h"
#include "kernels/reduce/reduce.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// U of one strip: u[point * plane + c tile_columns + j] = (G g G^T)[point] for the filter between input channel c and
/// output j of the strip. taps[t][c][j] holds that filter's tap t.
void transform_filters(const TileGrid& grid, const float* HWY_RESTRICT taps, std::int64_t depth,
                       float* HWY_RESTRICT u, std::int64_t plane) {
  with_outputs(grid.largest().y, grid.largest().x, [&](auto y, auto x) HWY_ATTR {
    constexpr int points_y = decltype(y)::inputs, points_x = decltype(x)::inputs;
    const Floats d;
    const std::int64_t size = depth * tile_columns;
    for (std::int64_t at = 0; at < size; at += lanes)
      transform_both<3, 3, points_y, points_x>(
          [](const auto& from, auto& result) HWY_ATTR { transform_filter(from, result); },
          [&](int i, int j) HWY_ATTR { return hn::Load(d, taps + (i * 3 + j) * size + at); },
          [&](int i, int j, Vector value)
              HWY_ATTR { hn::Store(value, d, u + (i * points_x + j) * plane + at); });
  });
}

/// A convolution's shape, and how its work is cut.
struct WinogradPlan {
  TileGrid grid;
  std::int64_t depth, channels;  // of the input and of the output
  std::int64_t tiles, columns;   // that are multiplied together
  std::int64_t v_plane, u_plane, m_plane;

  WinogradPlan(const Shape& x, const Shape& y, std::int64_t pad, cpu::WinogradTile tile)
      : grid(x, y, pad, tile), depth(x[3]), channels(y[3]) {
    // V and M of so few tiles stay near the second-level cache; with fewer still, U would be streamed too often. Where a
    // thread transforms filters for itself, fewer columns: its U of 512 channels is the largest of all arrays.
    constexpr std::int64_t tiles_wanted = 3 * tile_rows;
    const std::int64_t columns_wanted = by_outputs() ? std::max<std::int64_t>(32, tile_columns) : 128;
    tiles = by_outputs() ? grid.count() : std::min(tiles_wanted, grid.count());
    columns = std::min(columns_wanted, strips() * tile_columns);
    v_plane = plane_stride(rows() * depth);
    u_plane = depth * tile_columns + 16;
    m_plane = plane_stride(rows() * columns);
  }
  /// Whether threads share out the outputs instead of the tiles.
  bool by_outputs() const { return channels > 2 * grid.count(); }
  /// Rows of V and M: the products come in whole register tiles, from any tile on.
  std::int64_t rows() const { return tiles + tile_rows - 1; }
  int points() const { return grid.points(); }
  std::int64_t strips() const { return (channels + tile_columns - 1) / tile_columns; }
  /// Values of U, and of the filters before, of one strip.
  std::int64_t strip_size() const { return points() * u_plane; }
  std::int64_t taps_size() const { return 9 * depth * tile_columns; }
  /// How often of_part() of an epilogue is asked for.
  std::int64_t parts() const { return (grid.count() + tiles - 1) / tiles; }
  std::int64_t strips_together() const { return columns / tile_columns; }
  std::int64_t groups() const { return (strips() + strips_together() - 1) / strips_together(); }
};

/// Writes the transformed inputs of tiles [first, first + count) to V.
void transform_inputs(const WinogradPlan& plan, const float* x, const float* outside, std::int64_t first,
                      std::int64_t count, float* v) {
  const PointPlanes planes(plan.grid, plan.v_plane);
  TileGrid::Pixels pixels[2];  // of a tile and of the next
  TileGrid::Place place = plan.grid.place(first);
  plan.grid.input_pixels(place, x, plan.depth, outside, pixels[0]);
  for (std::int64_t tile = 0; tile < count; ++tile) {
    const TileGrid::Pixels& these = pixels[tile % 2];
    TileGrid::Pixels& next = pixels[(tile + 1) % 2];
    const TileGrid::Place here = place;
    const bool last = tile + 1 == count;
    if (!last) {
      place = plan.grid.place(first + tile + 1);
      plan.grid.input_pixels(place, x, plan.depth, outside, next);
    }
    transform_input_tile(
        planes, here, these, plan.depth,
        [&](std::int64_t channel) HWY_ATTR { return v + tile * plan.depth + channel; },
        PixelsAhead{last ? nullptr : &next, TileGrid::input_count(place), plan.depth});
  }
}

/// m[:][0, tile_columns) = v u for `rows` rows of V and one strip of U, both at one point; writes whole register tiles.
/// next_u: the strip that comes after this one, to be fetched meanwhile.
void multiply_strip(const float* v, std::int64_t depth, std::int64_t rows, const float* u,
                    const float* next_u, float* m, std::int64_t m_row) {
  // The strip's part of so many channels stays in the first-level cache while the rows pass by.
  constexpr std::int64_t block = 16384 / (4 * tile_columns);
  const Floats d;
  const std::int64_t row_tiles = (rows + tile_rows - 1) / tile_rows;
  Ahead ahead{next_u, tile_columns / std::max<std::int64_t>(1, row_tiles)};
  for (std::int64_t k = 0; k < depth; k += block)
    for (std::int64_t row = 0; row < rows; row += tile_rows) {
      const float* sources[tile_rows];
      for (int r = 0; r < tile_rows; ++r) sources[r] = v + (row + r) * depth + k;
      Tile sums;
      sums.start();
      const std::int64_t count = std::min(block, depth - k);
      multiply_rows(sums, sources, u + k * tile_columns, count, ahead);
      ahead.at += count * ahead.step;
      for (int r = 0; r < tile_rows; ++r)
        for (int i = 0; i < tile_vectors; ++i) {
          float* const to = m + (row + r) * m_row + i * lanes;
          hn::Store(k == 0 ? sums.sum[r][i] : hn::Add(hn::Load(d, to), sums.sum[r][i]), d, to);
        }
    }
}

/// Transforms M of one tile back and hands its pixels to the epilogue: `width` channels, of which the first is `channel`.
/// The channels of a cache line come together, so that the epilogue writes whole lines.
template <class Epilogue>
void write_tile(const WinogradPlan& plan, const PointPlanes& planes, const TileGrid::Place& place,
                const float* HWY_RESTRICT m, std::int64_t channel, std::int64_t width,
                const Epilogue& epilogue) {
  constexpr std::int64_t line = std::max<std::int64_t>(16, lanes), vectors = line / lanes;
  with_outputs(place.outputs_y(), place.outputs_x(), [&](auto y, auto x) HWY_ATTR {
    using Y = decltype(y);
    using X = decltype(x);
    const Floats d;
    std::int64_t at[Y::outputs * X::outputs];
    for (int i = 0; i < place.rows; ++i)
      for (int j = 0; j < place.columns; ++j)
        at[i * X::outputs + j] = plan.grid.output_index(place, i, j) * plan.channels + channel;
    alignas(64) float pixels[Y::outputs * X::outputs * line];
    for (std::int64_t first = 0; first < width; first += line) {
      for (std::int64_t lane = 0; lane < line; lane += lanes)
        transform_both<Y::inputs, X::inputs, Y::outputs, X::outputs>(
            [](const auto& from, auto& result) HWY_ATTR { transform_output(from, result); },
            [&](int i, int j) HWY_ATTR {
              return hn::Load(d, m + planes.template offset_in_tile<Y, X>(i, j) + first + lane);
            },
            [&](int i, int j, Vector value)
                HWY_ATTR { hn::Store(value, d, pixels + (i * X::outputs + j) * line + lane); });
      Vector shares[vectors];
      for (Vector& share : shares) share = hn::Zero(d);
      for (int i = 0; i < place.rows; ++i)
        for (int j = 0; j < place.columns; ++j) {
          const int pixel = i * X::outputs + j;
#pragma GCC unroll 16
          for (std::int64_t v = 0; v < vectors; ++v) {
            const std::int64_t here = first + v * lanes;
            epilogue_of_pixel(epilogue, hn::Load(d, pixels + pixel * line + v * lanes), at[pixel] + here,
                              channel + here, shares[v]);
          }
        }
#pragma GCC unroll 16
      for (std::int64_t v = 0; v < vectors; ++v)
        epilogue_of_channel(epilogue, shares[v], channel + first + v * lanes);
    }
  });
}

/// Products and output transform of tiles [first, first + count), whose transformed inputs are in V, with the strips
/// [strip, strip + strips), whose filters are in U.
template <class Epilogue>
void multiply_and_write(const WinogradPlan& plan, std::int64_t first, std::int64_t count, const float* v,
                        std::int64_t strip, std::int64_t strips, const float* u, float* m,
                        const Epilogue& epilogue) {
  for (int point = 0; point < plan.points(); ++point) {
    const TileRange range = common(plan.grid.tiles_of(point), {first, first + count});
    const std::int64_t begin = range.begin - first;
    for (std::int64_t s = 0; s < strips; ++s)
      multiply_strip(v + point * plan.v_plane + begin * plan.depth, plan.depth, range.count(),
                     u + (s * plan.points() + point) * plan.u_plane,
                     s + 1 < strips ? u + ((s + 1) * plan.points() + point) * plan.u_plane
                                    : u + (point + 1) * plan.u_plane,
                     m + point * plan.m_plane + begin * plan.columns + s * tile_columns, plan.columns);
  }
  const std::int64_t channel = strip * tile_columns;
  const std::int64_t width = std::min(strips * tile_columns, plan.channels - channel);
  const PointPlanes planes(plan.grid, plan.m_plane);
  for (std::int64_t tile = 0; tile < count; ++tile)
    write_tile(plan, planes, plan.grid.place(first + tile), m + tile * plan.columns, channel, width,
               epilogue);
  hwy::FlushStream();
}

/// U of all strips. pack(strip, taps): writes the strip's filters as [tap][channel][tile_columns].
template <class Pack>
Tensor transform_all_filters(const WinogradPlan& plan, const Pack& pack) {
  Tensor filters = Tensor::empty({plan.strips() * plan.strip_size()});
  float* const u = filters.data<float>();
  cpu::parallel_each(plan.strips(), [&] {
    return [&, taps = Tensor::empty({plan.taps_size()})](std::int64_t strip) mutable {
      pack(strip, taps.data<float>());
      transform_filters(plan.grid, taps.data<float>(), plan.depth, u + strip * plan.strip_size(),
                        plan.u_plane);
    };
  });
  return filters;
}

/// `kept`: where U of all strips is kept from one call to the next, or null.
template <class Pack, class Epilogue>
void winograd(const WinogradPlan& plan, const Tensor& x, const Pack& pack, Tensor* kept,
              const Epilogue& epilogue) {
  const std::int64_t tiles = plan.grid.count();
  const Tensor zeros = Tensor::zeros({plan.depth});
  const float* const outside = zeros.data<float>();
  const float* const from = x.data<float>();

  if (plan.by_outputs()) {
    Tensor transformed = Tensor::empty({plan.points() * plan.v_plane});
    float* const v = transformed.data<float>();
    cpu::parallel_for(tiles, 1, [&](std::int64_t begin, std::int64_t end) {
      transform_inputs(plan, from, outside, begin, end - begin, v + begin * plan.depth);
    });
    cpu::parallel_each(plan.groups(), [&] {
      return [&, u = Tensor::empty({plan.strips_together() * plan.strip_size()}),
              taps = Tensor::empty({plan.taps_size()}),
              m = Tensor::empty({plan.points() * plan.m_plane})](std::int64_t group) mutable {
        const std::int64_t strip = group * plan.strips_together();
        const std::int64_t strips = std::min(plan.strips_together(), plan.strips() - strip);
        for (std::int64_t s = 0; s < strips; ++s) {
          pack(strip + s, taps.data<float>());
          transform_filters(plan.grid, taps.data<float>(), plan.depth,
                            u.data<float>() + s * plan.strip_size(), plan.u_plane);
        }
        multiply_and_write(plan, 0, tiles, v, strip, strips, u.data<float>(), m.data<float>(),
                           epilogue.of_part(0));
      };
    });
    return;
  }

  const Tensor filters = kept != nullptr && kept->defined() ? *kept : transform_all_filters(plan, pack);
  if (kept != nullptr) *kept = filters;
  const float* const u = filters.data<float>();
  cpu::parallel_each(plan.parts(), [&] {
    return [&, v = Tensor::empty({plan.points() * plan.v_plane}),
            m = Tensor::empty({plan.points() * plan.m_plane})](std::int64_t chunk) mutable {
      const std::int64_t first = chunk * plan.tiles, count = std::min(plan.tiles, tiles - first);
      transform_inputs(plan, from, outside, first, count, v.data<float>());
      for (std::int64_t strip = 0; strip < plan.strips(); strip += plan.strips_together())
        multiply_and_write(plan, first, count, v.data<float>(), strip,
                           std::min(plan.strips_together(), plan.strips() - strip),
                           u + strip * plan.strip_size(), m.data<float>(), epilogue.of_part(chunk));
    };
  });
}

template <class Epilogue>
void convolve(const Tensor& x, const Tensor& w, const Conv2dOptions& options, cpu::WinogradTile tile,
              const Shape& y, const Epilogue& epilogue) {
  const std::int64_t in = w.shape()[3], out = w.shape()[0];
  const float* const weights = w.data<float>();
  const auto pack = [&](std::int64_t strip, float* taps) {
    const std::int64_t o = strip * tile_columns;
    cpu::pack_transposed(weights + o * 9 * in, 9 * in, std::min(tile_columns, out - o), 9 * in, tile_columns,
                         taps);
  };
  winograd(WinogradPlan(x.shape(), y, options.pad, tile), x, pack, cpu::KeptFilters::find(w, tile), epilogue);
}

void winograd_convolve(const Tensor& x, const Tensor& w, const Tensor& bias, const Conv2dOptions& options,
                       cpu::WinogradTile tile, Tensor& y) {
  convolve(x, w, options, tile, y.shape(),
           StoreSums{y.data<float>(), data_or_null(bias), nullptr, larger_than_caches(y.size())});
}

void winograd_convolve_prelu(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                             const Tensor& residual, const Conv2dOptions& options, cpu::WinogradTile tile,
                             Tensor& before, Tensor& y) {
  convolve(x, w, options, tile, y.shape(),
           StoreRectified{y.data<float>(), slope.data<float>(), data_or_null(bias), data_or_null(residual),
                          before.defined() ? before.data<float>() : nullptr, larger_than_caches(y.size())});
}

/// dx[i] = sum of w[k] dy[i + pad - k] = sum of turned[k'] dy[i + k' - (2 - pad)].
WinogradPlan plan_back(const Tensor& dy, const Tensor& dx, const Conv2dOptions& options,
                       cpu::WinogradTile tile) {
  return WinogradPlan(dy.shape(), dx.shape(), 2 - options.pad, tile);
}

template <class Epilogue>
void convolve_back(const WinogradPlan& plan, const Tensor& dy, const Tensor& w, const Epilogue& epilogue) {
  const std::int64_t in = w.shape()[3], out = w.shape()[0];
  const float* const weights = w.data<float>();
  const auto pack = [&](std::int64_t strip, float* taps) {
    const std::int64_t i = strip * tile_columns, width = std::min(tile_columns, in - i);
    for (std::int64_t tap = 0; tap < 9; ++tap)  // the last tap first: turned by 180 degrees
      cpu::pack_columns(weights + (8 - tap) * in + i, 9 * in, width, out, tile_columns,
                        taps + tap * out * tile_columns);
  };
  winograd(plan, dy, pack, nullptr, epilogue);
}

void winograd_convolve_back(const Tensor& dy, const Tensor& w, const Tensor& other,
                            const Conv2dOptions& options, cpu::WinogradTile tile, Tensor& dx) {
  convolve_back(plan_back(dy, dx, options, tile), dy, w,
                StoreSums{dx.data<float>(), nullptr, data_or_null(other), larger_than_caches(dx.size())});
}

void winograd_convolve_back_prelu(const Tensor& dy, const Tensor& w, const Tensor& before,
                                  const Tensor& slope, const Conv2dOptions& options, cpu::WinogradTile tile,
                                  Tensor& dbefore, Tensor& dslope) {
  const WinogradPlan plan = plan_back(dy, dbefore, options, tile);
  Tensor partial_sums = Tensor::zeros({plan.parts(), plan.channels});
  convolve_back(plan, dy, w,
                StoreGradientBeforeRectifier{dbefore.data<float>(), before.data<float>(), slope.data<float>(),
                                             partial_sums.data<float>(), plan.channels,
                                             larger_than_caches(dbefore.size())});
  cpu::column_sum(partial_sums, dslope);
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(winograd_convolve);
HWY_EXPORT(winograd_convolve_prelu);
HWY_EXPORT(winograd_convolve_back);
HWY_EXPORT(winograd_convolve_back_prelu);

namespace cpu {

bool winograd_applies(const Shape& x, const Shape& w, Conv2dOptions options) {
  constexpr std::int64_t widest_vector = 16;
  return w[1] == 3 && w[2] == 3 && options.stride == 1 && options.pad <= 2 && x[0] > 0 && w[0] > 0 &&
         w[3] > 0 && w[0] % widest_vector == 0 && w[3] % widest_vector == 0;
}

void winograd_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options,
                      WinogradTile tile, Tensor& y) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve)(x, w, bias, options, tile, y);
}

void winograd_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                            const Tensor& residual, Conv2dOptions options, WinogradTile tile, Tensor& before,
                            Tensor& y) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve_prelu)(x, w, bias, slope, residual, options, tile, before, y);
}

void winograd_backward_data(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                            WinogradTile tile, Tensor& dx) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve_back)(dy, w, other, options, tile, dx);
}

void winograd_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before,
                                  const Tensor& slope, Conv2dOptions options, WinogradTile tile,
                                  Tensor& dbefore, Tensor& dslope) {
  HWY_DYNAMIC_DISPATCH(winograd_convolve_back_prelu)(dy, w, before, slope, options, tile, dbefore, dslope);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
