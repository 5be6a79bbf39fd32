#include "kernels/conv2d/winograd_tile.h"

#include <initializer_list>

namespace hypersphere::cpu {
namespace {

// Measured on Zen 3 with AVX2, in multiply-adds of the products, which take 0.06 cycles each: transforming a value of a tile,
// memory included, and one of a filter.
constexpr double transform = 25, filter_transform = 16;
// The direct kernels gather what they multiply and reach less of the peak than the products of tiles.
constexpr double direct_handicap = 1.1;

/// Points along an axis: of the whole tiles, and of a last one that is as small as what is left permits.
std::int64_t points(std::int64_t extent, int tile) {
  const std::int64_t rest = extent % tile;
  return extent / tile * (tile + 2) + (rest == 0 ? 0 : (rest + 1) / 2 * 2 + 2);
}

}  // namespace

double winograd_cost(WinogradTile tile, const WinogradWork& work) {
  const auto in = static_cast<double>(work.in), out = static_cast<double>(work.out);
  const auto tile_points =
      static_cast<double>(work.images * points(work.height, tile.y) * points(work.width, tile.x));
  const double filter_points = (tile.y + 2) * (tile.x + 2);
  return tile_points * (in * out + transform * (in + out)) + filter_points * filter_transform * in * out;
}

double direct_cost(const WinogradWork& work) {
  return direct_handicap * 9 * static_cast<double>(work.images * work.height * work.width) *
         static_cast<double>(work.in * work.out);
}

WinogradTile cheapest_tile(const WinogradWork& work) {
  WinogradTile best{2, 2};
  for (const int y : {2, 4, 6})
    for (const int x : {2, 4, 6})
      if (winograd_cost({y, x}, work) < winograd_cost(best, work)) best = {y, x};
  return best;
}

}  // namespace hypersphere::cpu
