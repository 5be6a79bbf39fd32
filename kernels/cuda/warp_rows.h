// The launch of kernels with one warp a row (warp_rows.cuh).
#pragma once

#include "kernels/cuda/launch.h"

namespace hypersphere::cuda {

inline constexpr unsigned vector_rows = 8;  ///< rows a block

/// kernel(arguments...) with one warp for each of `rows` rows.
template <class... Parameters, class... Arguments>
void launch_warps(const char* name, std::int64_t rows, void (*kernel)(Parameters...),
                  Arguments... arguments) {
  constexpr unsigned warp = 32, block = vector_rows * warp;
  if (rows > 0) launch({name, {blocks_for(rows * warp, block)}, block}, kernel, arguments...);
}

}  // namespace hypersphere::cuda
