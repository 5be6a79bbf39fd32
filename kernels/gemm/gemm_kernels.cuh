// Device code of the matrix product.
#pragma once

#include "kernels/cuda/values.cuh"
#include "kernels/gemm/fma_tile.cuh"
#include "kernels/gemm/mma_tile.cuh"

namespace hypersphere::cuda {

/// Writes sums to a matrix [rows, columns]: c = sums + beta c.
struct MatrixOutput {
  float* c;
  int columns;
  float beta;
  bool vectors;  // rows start at multiples of 16 bytes

  template <int width>
  __device__ __forceinline__ void write(int row, int column, const float (&values)[width]) const {
    float* const to = c + static_cast<std::int64_t>(row) * columns + column;
    if (vectors && column + width <= columns) {
      float sums[width] = {};
      if (beta != 0) read_values(to, sums);
      for (int e = 0; e < width; ++e) sums[e] = beta != 0 ? values[e] + beta * sums[e] : values[e];
      write_values(to, sums);
      return;
    }
    for (int e = 0; e < width; ++e)
      if (column + e < columns) to[e] = beta != 0 ? values[e] + beta * to[e] : values[e];
  }
};

/// c = a b + beta c. Block x is a tile, columns first; block z a part of the sum over k. With one part, output.c is c;
/// with several, it is a workspace [parts, rows, columns].
template <class Tile, class SourceA, class SourceB>
__global__ void __launch_bounds__(Tile::threads, 2)
    gemm_kernel(SourceA a, SourceB b, int depth, int rows, int columns, MatrixOutput output) {
  HYPERSPHERE_DYNAMIC_SHARED(shared);
  const int tiles_n = (columns + Tile::columns - 1) / Tile::columns, tile = static_cast<int>(blockIdx.x);
  const int first_row = tile / tiles_n * Tile::rows, first_column = tile % tiles_n * Tile::columns;
  const int parts = static_cast<int>(gridDim.z), part = static_cast<int>(blockIdx.z);
  const int steps = (depth + Tile::depth - 1) / Tile::depth;
  const int begin = steps * part / parts * Tile::depth, end = steps * (part + 1) / parts * Tile::depth;
  typename SumsOf<Tile>::Type sums;
  multiply_tile<Tile>(a, b, Steps{1, 1, begin, end < depth ? end : depth}, first_row, first_column, rows,
                      columns, shared, sums);
  output.c += static_cast<std::int64_t>(part) * rows * columns;
  write_tile<4, Tile>(sums, first_row, first_column, rows, shared, output);
}

/// See split_sum.h.
__global__ void sum_parts_kernel(const float* parts, std::int64_t count, int splits, float beta, float* out) {
  for (std::int64_t i = grid_thread(); i < count; i += grid_threads()) {
    float sum = 0;
    for (int s = 0; s < splits; ++s) sum += parts[s * count + i];
    out[i] = beta != 0 ? sum + beta * out[i] : sum;
  }
}

}  // namespace hypersphere::cuda
