// How an image is cut into tiles, and the transform of its input tiles, which forward, backward data and backward weight
// share. Compiled once a SIMD target.

#include <algorithm>

#include "kernels/conv2d/winograd_transforms-inl.h"

#if defined(HYPERSPHERE_WINOGRAD_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HYPERSPHERE_WINOGRAD_TILES_INL_H_
#undef HYPERSPHERE_WINOGRAD_TILES_INL_H_
#else
#define HYPERSPHERE_WINOGRAD_TILES_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// Where tiles lie. Tiles are numbered image by image, row by row.
struct TileGrid {
  std::int64_t images, height, width, pad;  // of the input, NHWC
  std::int64_t oh, ow;                      // of the output
  std::int64_t tiles_y, tiles_x;

  TileGrid(const Shape& x, const Shape& y, std::int64_t padding)
      : images(x[0]),
        height(x[1]),
        width(x[2]),
        pad(padding),
        oh(y[1]),
        ow(y[2]),
        tiles_y((y[1] + tile_out - 1) / tile_out),
        tiles_x((y[2] + tile_out - 1) / tile_out) {}

  std::int64_t count() const { return images * tiles_y * tiles_x; }

  struct Place {
    std::int64_t image, oy, ox;  // of the tile's first output
  };
  Place place(std::int64_t tile) const {
    const std::int64_t row = tile / tiles_x;
    return {row / tiles_y, row % tiles_y * tile_out, tile % tiles_x * tile_out};
  }
};

/// Tiles that are transformed and multiplied together: their transform, 36 numbers a tile and channel, should stay in
/// the third-level cache. A multiple of the register tile's rows.
inline std::int64_t tiles_at_once(std::int64_t channels, std::int64_t all) {
  constexpr std::int64_t bytes = 8 << 20;
  const std::int64_t fit = std::max<std::int64_t>(1, bytes / (4 * points * channels * tile_rows)) * tile_rows;
  return std::min(fit, (all + tile_rows - 1) / tile_rows * tile_rows);
}

/// Planes of transformed values lie 64 bytes further apart than they must: a distance of a power of two would put all
/// 36 writes of a tile into the same set of the cache.
inline std::int64_t plane_stride(std::int64_t values) { return (values + 15) / 16 * 16 + 16; }

/// to[p * plane + offset] = (B^T d B)[p] for one tile and one vector of channels; x points at channel 0 of the image.
HWY_INLINE void transform_input_tile(const TileGrid& grid, const float* HWY_RESTRICT x, std::int64_t channels,
                                     std::int64_t channel, const TileGrid::Place& place,
                                     float* HWY_RESTRICT to, std::int64_t plane) {
  const Floats d;
  const std::int64_t iy = place.oy - grid.pad, ix = place.ox - grid.pad;
  const float* const corner = x + ((place.image * grid.height + iy) * grid.width + ix) * channels + channel;
  Vector in[6][6], out[6][6];
  if (iy >= 0 && ix >= 0 && iy + tile_in <= grid.height && ix + tile_in <= grid.width) {
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i)
#pragma GCC unroll 6
      for (int j = 0; j < 6; ++j) in[i][j] = hn::LoadU(d, corner + (i * grid.width + j) * channels);
  } else {
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) {
        const bool inside = iy + i >= 0 && iy + i < grid.height && ix + j >= 0 && ix + j < grid.width;
        in[i][j] = inside ? hn::LoadU(d, corner + (i * grid.width + j) * channels) : hn::Zero(d);
      }
  }
  transform_both<6, 6>(
      in, out, [](const Vector(&from)[6], Vector(&result)[6]) HWY_ATTR { transform_input(from, result); });
#pragma GCC unroll 6
  for (int i = 0; i < 6; ++i)
#pragma GCC unroll 6
    for (int j = 0; j < 6; ++j) hn::Store(out[i][j], d, to + (i * 6 + j) * plane);
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
