// Transformed filters that outlive a convolution, for networks that are applied again and again.
#pragma once

#include <map>
#include <tuple>

#include "kernels/conv2d/winograd_tile.h"
#include "tensor/tensor.h"

namespace hypersphere::cpu {

/// While one is alive on a thread, the CPU's forward convolutions called there by Winograd's algorithm transform each filter
/// once and keep the result: some MiB a layer, 150 for all of SphereFace-20. The weights must neither change nor be freed
/// meanwhile. Where several are alive the first serves.
class KeptFilters {
 public:
  KeptFilters();
  ~KeptFilters();
  KeptFilters(const KeptFilters&) = delete;
  KeptFilters& operator=(const KeptFilters&) = delete;

  /// The place for the transform of `weights` for tiles of a size: undefined until it is filled. Null where none is alive.
  static Tensor* find(const Tensor& weights, WinogradTile tile);

 private:
  bool serves_;
  std::map<std::tuple<const float*, int, int>, Tensor> filters_;
};

}  // namespace hypersphere::cpu
