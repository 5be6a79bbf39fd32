// The part of a sum over rows that a block computes; how blocks share the rows is in column_parts.h.
#pragma once

#include "kernels/cuda/values.cuh"
#include "kernels/reduce/column_parts.h"

namespace hypersphere::cuda {

/// parts[blockIdx.x, c] = the sum over the block's rows of what body(row, column, sums) adds to sums[i] for c
/// = column + i. Every element of [rows, channels] is visited once. The block is ColumnParts::block threads
/// in one dimension.
template <int width, class Body>
__device__ __forceinline__ void sum_columns(std::int64_t rows, std::int64_t channels, float* parts,
                                            const Body& body) {
  HYPERSPHERE_SHARED(float, shared, ColumnParts::block* width);
  const std::int64_t groups = channels / width;  // of channels, a thread each
  const unsigned across = groups < ColumnParts::block ? static_cast<unsigned>(groups) : ColumnParts::block;
  const unsigned down = ColumnParts::block / across;
  const unsigned thread_row = threadIdx.x / across;
  const std::int64_t first_group = std::int64_t{blockIdx.y} * across;
  const std::int64_t group = first_group + threadIdx.x % across;
  float sums[width] = {};
  if (thread_row < down && group < groups) {
    const std::int64_t end = rows * (blockIdx.x + 1) / gridDim.x;
    for (std::int64_t row = rows * blockIdx.x / gridDim.x + thread_row; row < end; row += down)
      body(row, group * width, sums);
  }
  HYPERSPHERE_UNROLL
  for (int i = 0; i < width; ++i) shared[threadIdx.x * width + i] = sums[i];
  __syncthreads();
  const unsigned columns = across * width;
  for (unsigned c = threadIdx.x; c < columns && first_group * width + c < channels; c += ColumnParts::block) {
    float total = 0;
    for (unsigned d = 0; d < down; ++d) total += shared[d * columns + c];
    parts[blockIdx.x * channels + first_group * width + c] = total;
  }
}

}  // namespace hypersphere::cuda
