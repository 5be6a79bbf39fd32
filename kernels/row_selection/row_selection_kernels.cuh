#pragma once

#include "kernels/cuda/warp_rows.cuh"

namespace hypersphere::cuda {

/// out[s] = x[rows[s]], rows of `size`, one warp each; NaN where there is no such row.
__global__ void take_rows_kernel(const float* x, const std::int32_t* rows, std::int64_t selected,
                                 std::int64_t size, std::int64_t count, float* out) {
  for_each_warp_row(selected, [&](std::int64_t s) {
    const std::int64_t row = rows[s];
    const bool inside = row >= 0 && row < count;
    for (std::int64_t i = threadIdx.x % warp_size; i < size; i += warp_size)
      out[s * size + i] = inside ? x[row * size + i] : std::numeric_limits<float>::quiet_NaN();
  });
}

/// out[rows[s]] = x[s], rows of `size`, one warp each; nothing where there is no such row.
__global__ void put_rows_kernel(const float* x, const std::int32_t* rows, std::int64_t selected,
                                std::int64_t size, std::int64_t count, float* out) {
  for_each_warp_row(selected, [&](std::int64_t s) {
    const std::int64_t row = rows[s];
    if (row < 0 || row >= count) return;
    for (std::int64_t i = threadIdx.x % warp_size; i < size; i += warp_size)
      out[row * size + i] = x[s * size + i];
  });
}

}  // namespace hypersphere::cuda
