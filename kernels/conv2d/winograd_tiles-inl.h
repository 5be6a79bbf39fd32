// How an image is cut into tiles, and the transforms of the tiles that meet the image: of the input, of the output
// gradient, and of the output. Compiled once a SIMD target.

#include <algorithm>
#include <array>

#include "kernels/conv2d/winograd_tile.h"
#include "kernels/conv2d/winograd_transforms-inl.h"
#include "tensor/shape.h"

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

/// Where tiles lie. Along an axis a tile has `largest` outputs, 2, 4 or 6; an extent that is no multiple of it leaves a last
/// row (column) of tiles with fewer rows (columns) of pixels, and those are computed by the smallest F(m, 3) that holds them,
/// from a part of the points. Tiles are numbered bottom row, whole tiles, right column, corner, each of all images: so the
/// tiles that need a point are a range.
class TileGrid {
 public:
  TileGrid(const Shape& x, const Shape& y, std::int64_t pad, cpu::WinogradTile largest)
      : images_(x[0]), height_(x[1]), width_(x[2]), pad_(pad), oh_(y[1]), ow_(y[2]), largest_(largest) {
    const std::int64_t whole_y = oh_ / largest.y, whole_x = ow_ / largest.x;
    const bool rest_y = oh_ % largest.y != 0, rest_x = ow_ % largest.x != 0;
    ends_[0] = rest_y ? images_ * whole_x : 0;
    ends_[1] = ends_[0] + images_ * whole_y * whole_x;
    ends_[2] = ends_[1] + (rest_x ? images_ * whole_y : 0);
    ends_[3] = ends_[2] + (rest_y && rest_x ? images_ : 0);
  }

  std::int64_t count() const { return ends_[3]; }
  cpu::WinogradTile largest() const { return largest_; }

  /// Points along each axis, and of both: the i-th along y and j-th along x is point i points_x() + j.
  int points_y() const { return largest_.y + 2; }
  int points_x() const { return largest_.x + 2; }
  int points() const { return points_y() * points_x(); }

  /// The tiles that need a point.
  TileRange tiles_of(int point) const {
    const bool bottom = uses_point(rest(oh_, largest_.y), point / points_x(), points_y());
    const bool right = uses_point(rest(ow_, largest_.x), point % points_x(), points_x());
    return {bottom ? 0 : ends_[0], ends_[right ? (bottom ? 3 : 2) : 1]};
  }

  struct Place {
    std::int64_t image, oy, ox;  // of the tile's first output
    int rows, columns;           // pixels of the tile inside of the output, 1 to 6
    /// F(outputs, 3) along either axis.
    int outputs_y() const { return even(rows); }
    int outputs_x() const { return even(columns); }
  };
  Place place(std::int64_t tile) const {
    const std::int64_t whole_y = oh_ / largest_.y, whole_x = ow_ / largest_.x;
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
    const std::int64_t oy = row * largest_.y, ox = column * largest_.x;
    return {image, oy, ox, static_cast<int>(std::min<std::int64_t>(largest_.y, oh_ - oy)),
            static_cast<int>(std::min<std::int64_t>(largest_.x, ow_ - ox))};
  }

  /// The pixels that a tile of the input reads, row by row of outputs_x() + 2, each as a pointer to its channels; `outside`,
  /// where the image is taken as zero.
  using Pixels = std::array<const float*, most_points * most_points>;
  /// How many those are.
  static std::int64_t input_count(const Place& place) {
    return (place.outputs_y() + 2) * (place.outputs_x() + 2);
  }
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
  static constexpr int even(int outputs) { return (outputs + 1) / 2 * 2; }
  /// Outputs that the last tile along an axis computes.
  static int rest(std::int64_t extent, int largest) {
    const auto pixels = static_cast<int>(extent % largest);
    return pixels == 0 ? largest : even(pixels);
  }

  std::int64_t images_, height_, width_, pad_;  // of the input, NHWC
  std::int64_t oh_, ow_;                        // of the output
  cpu::WinogradTile largest_;
  std::int64_t ends_[4];  // of the four kinds of tiles
};

/// Planes of transformed values lie 64 bytes further apart than they must: a distance of a power of two would put all
/// 64 writes of a tile into the same set of the cache.
inline std::int64_t plane_stride(std::int64_t values) { return (values + 15) / 16 * 16 + 16; }

/// Calls body with the outputs of a tile along y and x as constants.
template <class Body>
HWY_INLINE void with_outputs(int outputs_y, int outputs_x, const Body& body) {
  const auto with_x = [&](auto y) HWY_ATTR {
    switch (outputs_x) {
      case 6:
        return body(y, Outputs<6>());
      case 4:
        return body(y, Outputs<4>());
      default:
        return body(y, Outputs<2>());
    }
  };
  switch (outputs_y) {
    case 6:
      return with_x(Outputs<6>());
    case 4:
      return with_x(Outputs<4>());
    default:
      return with_x(Outputs<2>());
  }
}

/// Some rows of a grid's points, all or a part of them, each point a plane of transformed values.
class PointPlanes {
 public:
  /// All rows: a point's plane is the point's number.
  PointPlanes(const TileGrid& grid, std::int64_t plane) : PointPlanes(grid, plane, 0, 1) {}
  /// The part-th of `parts`. Rows from the fourth on but the last are not used by the tiles at an edge: parts share them.
  PointPlanes(const TileGrid& grid, std::int64_t plane, std::int64_t part, std::int64_t parts)
      : points_y_(grid.points_y()), points_x_(grid.points_x()), plane_(plane) {
    constexpr int infinity = most_points - 1, order[most_points] = {0, 3, 1, 5, 2, 4, infinity, 6};
    bool chosen[most_points] = {};
    for (std::int64_t i = most_points * part / parts; i < most_points * (part + 1) / parts; ++i) {
      const int row = order[i] == infinity ? points_y_ - 1 : order[i];
      if (order[i] == infinity || row < points_y_ - 1) chosen[row] = true;
    }
    for (int row = 0; row < most_points; ++row)
      row_offset_[row] = chosen[row] ? rows_++ * points_x_ * plane : -1;
  }

  bool has_row(int row) const { return row_offset_[row] >= 0; }
  bool has(int point) const { return has_row(point / points_x_); }
  int count() const { return rows_ * points_x_; }
  /// Of a point of the grid: where its plane begins.
  std::int64_t offset(int point) const { return offset(point / points_x_, point % points_x_); }

  /// The same for point (i, j) of a tile that is computed by F(Y::outputs, 3) and F(X::outputs, 3).
  template <class Y, class X>
  HWY_INLINE std::int64_t offset_in_tile(int i, int j) const {
    return offset(Y::point(i, points_y_), X::point(j, points_x_));
  }
  template <class Y>
  HWY_INLINE bool has_row_of_tile(int i) const {
    return has_row(Y::point(i, points_y_));
  }

 private:
  HWY_INLINE std::int64_t offset(int row, int column) const { return row_offset_[row] + column * plane_; }

  int points_y_, points_x_;
  std::int64_t plane_;
  std::int64_t row_offset_[most_points];  // -1 for rows that are not among these
  int rows_ = 0;
};

/// Asks for the values of a tile's pixels, a part of them with each step of other work: the processor fetches by itself only
/// what follows what it reads, and the next tile's pixels do not.
struct PixelsAhead {
  const TileGrid::Pixels* pixels;  ///< null: none
  std::int64_t count, channels;

  /// The step-th of `steps`.
  HWY_INLINE void fetch(std::int64_t step, std::int64_t steps) const {
    if (pixels == nullptr) return;
    constexpr std::int64_t line = 16;
    for (std::int64_t k = count * step / steps; k < count * (step + 1) / steps; ++k)
      for (std::int64_t channel = 0; channel < channels; channel += line)
        hwy::Prefetch((*pixels)[static_cast<std::size_t>(k)] + channel);
  }
};

/// to(channel)[planes.offset(p)] = (B^T d B)[p] for all channels of one tile, at the points that it uses.
template <class To>
HWY_INLINE void transform_input_tile(const PointPlanes& planes, const TileGrid::Place& place,
                                     const TileGrid::Pixels& pixels, std::int64_t channels, const To& to,
                                     const PixelsAhead& ahead) {
  with_outputs(place.outputs_y(), place.outputs_x(), [&](auto y, auto x) HWY_ATTR {
    using Y = decltype(y);
    using X = decltype(x);
    const Floats d;
    for (std::int64_t channel = 0; channel < channels; channel += lanes) {
      ahead.fetch(channel / lanes, channels / lanes);
      float* const values = to(channel);
      transform_both<Y::inputs, X::inputs, Y::inputs, X::inputs>(
          [](const auto& from, auto& result) HWY_ATTR { transform_input(from, result); },
          [&](int i, int j) HWY_ATTR { return hn::LoadU(d, pixels[i * X::inputs + j] + channel); },
          [&](int i, int j, Vector value)
              HWY_ATTR { hn::Store(value, d, values + planes.template offset_in_tile<Y, X>(i, j)); },
          [&](int i) HWY_ATTR { return planes.template has_row_of_tile<Y>(i); });
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
