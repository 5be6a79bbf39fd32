// The launch of kernels with one warp a row (warp_rows.cuh).
#pragma once

#include "kernels/cuda/launch.h"

namespace hypersphere::cuda {

inline constexpr unsigned vector_rows = 8;                     ///< rows a block
inline constexpr unsigned warp_rows_block = vector_rows * 32;  ///< threads a block

/// kernel(arguments...) with one warp for each of `rows` rows.
template <class... Parameters, class... Arguments>
void launch_warps(const char* name, std::int64_t rows, void (*kernel)(Parameters...),
                  Arguments... arguments) {
  if (rows > 0)
    launch({name, {blocks_for(rows * 32, warp_rows_block)}, warp_rows_block}, kernel, arguments...);
}

}  // namespace hypersphere::cuda
