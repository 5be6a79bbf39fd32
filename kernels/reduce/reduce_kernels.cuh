#pragma once

#include "kernels/reduce/chunks.cuh"
#include "kernels/reduce/column_parts.cuh"

namespace hypersphere::cuda {

/// parts[k, c] = the sum of x[r, c] over the rows of block k.
template <int width, class Element>
__global__ void __launch_bounds__(ColumnParts::block)
    column_sum_kernel(const Element* x, std::int64_t rows, std::int64_t channels, float* parts) {
  sum_columns<width>(rows, channels, parts, [&](std::int64_t row, std::int64_t column, float(&sums)[width]) {
    float values[width];
    read_values(x + row * channels + column, values);
    HYPERSPHERE_UNROLL
    for (int i = 0; i < width; ++i) sums[i] += values[i];
  });
}

inline constexpr unsigned part_columns = 32, part_slices = 16;

/// out[c] = sum over k of parts[k, c]. A block has part_columns columns, and part_slices threads for each of
/// them.
__global__ void add_parts_kernel(const float* parts, std::int64_t count, std::int64_t channels, float* out) {
  HYPERSPHERE_SHARED(float, sums, part_columns* part_slices);
  const unsigned slice = threadIdx.x / part_columns;
  const std::int64_t column = std::int64_t{blockIdx.x} * part_columns + threadIdx.x % part_columns;
  float sum = 0;
  if (column < channels)
    for (std::int64_t k = slice; k < count; k += part_slices) sum += parts[k * channels + column];
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (slice > 0 || column >= channels) return;
  for (unsigned s = 1; s < part_slices; ++s) sum += sums[s * part_columns + threadIdx.x];
  out[column] = sum;
}

inline constexpr unsigned squares_block = 256;

/// parts[k] = the sum of the squares of the elements of chunk k.
__global__ void __launch_bounds__(squares_block)
    chunk_squares_kernel(const __grid_constant__ ChunkList<const float*> list, double* parts) {
  HYPERSPHERE_SHARED(double, partial, squares_block / warp_size);
  const auto [entry, begin, end] = list.chunk(static_cast<int>(blockIdx.x));
  const float* x = list.entries[entry];
  double sum = 0;
  const auto add = [&](float value) { sum += static_cast<double>(value) * static_cast<double>(value); };
  std::int64_t i = begin;
  if (reinterpret_cast<std::uintptr_t>(x) % sizeof(float4) == 0) {
    const std::int64_t whole = begin + (end - begin) / 4 * 4;
    for (i = begin + 4 * threadIdx.x; i < whole; i += 4 * squares_block) {
      const float4 four = load_vector<float4>(x + i);
      add(four.x), add(four.y), add(four.z), add(four.w);
    }
    i = whole;
  }
  for (i += threadIdx.x; i < end; i += squares_block) add(x[i]);
  sum = block_sum(sum, partial);
  if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

/// sum = the sum of all parts, by one block.
__global__ void __launch_bounds__(squares_block)
    add_squares_kernel(const double* parts, std::int64_t count, float* out) {
  HYPERSPHERE_SHARED(double, partial, squares_block / warp_size);
  double sum = 0;
  for (std::int64_t k = threadIdx.x; k < count; k += squares_block) sum += parts[k];
  sum = block_sum(sum, partial);
  if (threadIdx.x == 0) *out = static_cast<float>(sum);
}

}  // namespace hypersphere::cuda
