// How large the tiles of a Winograd convolution should be, and what that costs.
#pragma once

#include <cstdint>

namespace hypersphere::cpu {

/// Outputs of a whole tile along each axis: 2, 4 or 6 (winograd_transforms-inl.h).
struct WinogradTile {
  int y, x;
};

/// A 3x3 convolution of stride 1, for its cost: [images, height, width, out] from inputs of `in` channels.
struct WinogradWork {
  std::int64_t images, height, width, in, out;
};

/// What a convolution takes with these tiles, in multiply-adds: of the products, of the transforms of inputs and outputs, and
/// of the filters'. Larger tiles multiply less and have more filter values to transform; what an edge leaves over counts too.
double winograd_cost(WinogradTile tile, const WinogradWork& work);

/// The same for the direct convolution.
double direct_cost(const WinogradWork& work);

/// The tile of the least cost.
WinogradTile cheapest_tile(const WinogradWork& work);

}  // namespace hypersphere::cpu
