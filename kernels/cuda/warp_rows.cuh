// Kernels with one warp a row.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/warp_rows.h"

namespace hypersphere::cuda {

/// Calls body(row) in all lanes of a warp for every row of [0, rows).
template <class Body>
__device__ __forceinline__ void for_each_warp_row(std::int64_t rows, const Body& body) {
  for (std::int64_t row = std::int64_t{blockIdx.x} * vector_rows + threadIdx.x / warp_size; row < rows;
       row += std::int64_t{gridDim.x} * vector_rows)
    body(row);
}

/// a . b, in double, so that neither large nor tiny rows leave the range; in every lane.
__device__ __forceinline__ double warp_dot(const float* a, const float* b, std::int64_t size) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x % warp_size; i < size; i += warp_size)
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return warp_sum(sum);
}

}  // namespace hypersphere::cuda
