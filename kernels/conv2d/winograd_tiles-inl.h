// How an image is cut into tiles, and the transforms of the tiles that meet the image: of the input, of the output
// gradient, and of the output. Compiled once a SIMD target.

#include <algorithm>
#include <array>

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

/// Tiles [begin, end).
struct TileRange {
  std::int64_t begin, end;
  std::int64_t count() const { return std::max<std::int64_t>(0, end - begin); }
};
inline TileRange common(TileRange a, TileRange b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

/// Where tiles lie. An output whose extent is no multiple of 4 has a last row (column) of tiles with 1 to 3 rows (columns)
/// of pixels; those are computed by F(2, 3) or F(3, 3) along that axis, from a part of the points. Tiles are numbered
/// bottom row, whole tiles, right column, corner, each of all images: so the tiles that need a point are a range.
class TileGrid {
 public:
  TileGrid(const Shape& x, const Shape& y, std::int64_t pad)
      : images_(x[0]), height_(x[1]), width_(x[2]), pad_(pad), oh_(y[1]), ow_(y[2]) {
    const std::int64_t whole_y = oh_ / tile_out, whole_x = ow_ / tile_out;
    const bool rest_y = oh_ % tile_out != 0, rest_x = ow_ % tile_out != 0;
    ends_[0] = rest_y ? images_ * whole_x : 0;
    ends_[1] = ends_[0] + images_ * whole_y * whole_x;
    ends_[2] = ends_[1] + (rest_x ? images_ * whole_y : 0);
    ends_[3] = ends_[2] + (rest_y && rest_x ? images_ : 0);
  }

  std::int64_t count() const { return ends_[3]; }

  /// The tiles that need a point.
  TileRange tiles_of(int point) const {
    const bool bottom = uses_point(outputs_of(oh_), point / tile_in);
    const bool right = uses_point(outputs_of(ow_), point % tile_in);
    return {bottom ? 0 : ends_[0], ends_[right ? (bottom ? 3 : 2) : 1]};
  }
  /// Products, counted in tiles, at all points together.
  std::int64_t tile_products() const {
    std::int64_t sum = 0;
    for (int point = 0; point < points; ++point) sum += tiles_of(point).count();
    return sum;
  }

  struct Place {
    std::int64_t image, oy, ox;  // of the tile's first output
    int rows, columns;           // pixels of the tile inside of the output, 1 to 4
    /// F(outputs, 3) along either axis.
    int outputs_y() const { return std::max(rows, 2); }
    int outputs_x() const { return std::max(columns, 2); }
  };
  Place place(std::int64_t tile) const {
    const std::int64_t whole_y = oh_ / tile_out, whole_x = ow_ / tile_out;
    std::int64_t image, row, column;
    if (tile < ends_[0]) {
      image = tile / whole_x, row = whole_y, column = tile % whole_x;
    } else if (tile < ends_[1]) {
      const std::int64_t at = tile - ends_[0], line = at / whole_x;
      image = line / whole_y, row = line % whole_y, column = at % whole_x;
    } else if (tile < ends_[2]) {
      const std::int64_t at = tile - ends_[1];
      image = at / whole_y, row = at % whole_y, column = whole_x;
    } else {
      image = tile - ends_[2], row = whole_y, column = whole_x;
    }
    const std::int64_t oy = row * tile_out, ox = column * tile_out;
    return {image, oy, ox, static_cast<int>(std::min<std::int64_t>(tile_out, oh_ - oy)),
            static_cast<int>(std::min<std::int64_t>(tile_out, ow_ - ox))};
  }

  /// The pixels that a tile of the input reads, row by row of outputs_x() + 2, each as a pointer to its channels; `outside`,
  /// where the image is taken as zero.
  using Pixels = std::array<const float*, points>;
  void input_pixels(const Place& place, const float* x, std::int64_t channels, const float* outside,
                    Pixels& pixels) const {
    const int rows = place.outputs_y() + 2, columns = place.outputs_x() + 2;
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) {
        const std::int64_t iy = place.oy - pad_ + i, ix = place.ox - pad_ + j;
        const bool inside = iy >= 0 && iy < height_ && ix >= 0 && ix < width_;
        pixels[i * columns + j] =
            inside ? x + ((place.image * height_ + iy) * width_ + ix) * channels : outside;
      }
  }
  /// Of the output gradient: row by row of outputs_x().
  void output_pixels(const Place& place, const float* dy, std::int64_t channels, const float* outside,
                     Pixels& pixels) const {
    const int rows = place.outputs_y(), columns = place.outputs_x();
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        pixels[i * columns + j] =
            i < place.rows && j < place.columns ? dy + output_index(place, i, j) * channels : outside;
  }
  /// Index of a pixel of the output.
  std::int64_t output_index(const Place& place, std::int64_t i, std::int64_t j) const {
    return (place.image * oh_ + place.oy + i) * ow_ + place.ox + j;
  }

 private:
  /// What the last tile along an axis computes.
  static int outputs_of(std::int64_t extent) {
    const auto rest = static_cast<int>(extent % tile_out);
    return rest == 0 ? tile_out : std::max(rest, 2);
  }

  std::int64_t images_, height_, width_, pad_;  // of the input, NHWC
  std::int64_t oh_, ow_;                        // of the output
  std::int64_t ends_[4];                        // of the four kinds of tiles
};

/// Planes of transformed values lie 64 bytes further apart than they must: a distance of a power of two would put all
/// 36 writes of a tile into the same set of the cache.
inline std::int64_t plane_stride(std::int64_t values) { return (values + 15) / 16 * 16 + 16; }

/// Calls body with the outputs of a tile along y and x as constants.
template <class Body>
HWY_INLINE void with_tile_kind(const TileGrid::Place& place, const Body& body) {
  const auto with_x = [&](auto rows) HWY_ATTR {
    switch (place.outputs_x()) {
      case 4:
        return body(rows, Outputs<4>());
      case 3:
        return body(rows, Outputs<3>());
      default:
        return body(rows, Outputs<2>());
    }
  };
  switch (place.outputs_y()) {
    case 4:
      return with_x(Outputs<4>());
    case 3:
      return with_x(Outputs<3>());
    default:
      return with_x(Outputs<2>());
  }
}

/// to[p * plane + channel] = (B^T d B)[p] for all channels of one tile, at the points that it uses.
inline void transform_input_tile(const TileGrid::Place& place, const TileGrid::Pixels& pixels,
                                 std::int64_t channels, float* HWY_RESTRICT to, std::int64_t plane) {
  with_tile_kind(place, [&](auto y, auto x) HWY_ATTR {
    using Y = decltype(y);
    using X = decltype(x);
    const Floats d;
    for (std::int64_t channel = 0; channel < channels; channel += lanes)
      transform_both<Y::inputs, X::inputs, Y::inputs, X::inputs>(
          [](const auto& from, auto& result) HWY_ATTR { transform_input(from, result); },
          [&](int i, int j) HWY_ATTR { return hn::LoadU(d, pixels[i * X::inputs + j] + channel); },
          [&](int i, int j, Vector value) HWY_ATTR {
            hn::Store(value, d, to + (Y::point(i) * tile_in + X::point(j)) * plane + channel);
          });
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
