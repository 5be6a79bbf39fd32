// Codes of rows, and their products by the instruction that multiplies four bytes with four others and adds the products.
#pragma once

#include <cmath>

#include "kernels/cuda/values.cuh"
#include "kernels/row_codes/storage.h"

namespace hypersphere::cuda {

inline constexpr unsigned coded_rows = 8;  // rows a block, one warp each
inline constexpr unsigned coded_block = coded_rows * warp_size;

/// The first row of a warp, and from one of its rows to the next.
__device__ __forceinline__ std::int64_t first_coded_row() {
  return std::int64_t{blockIdx.x} * coded_rows + threadIdx.x / warp_size;
}
__device__ __forceinline__ std::int64_t coded_row_step() { return std::int64_t{gridDim.x} * coded_rows; }

/// codes, scale and error of `count` rows of `size` values, one warp a row.
__global__ void __launch_bounds__(coded_block)
    encode_rows_kernel(const float* rows, std::int64_t count, std::int64_t size, std::int8_t* codes,
                       float* scale, float* error) {
  const unsigned lane = threadIdx.x % warp_size;
  for (std::int64_t row = first_coded_row(); row < count; row += coded_row_step()) {
    const float* from = rows + row * size;
    float largest = 0;
    for (std::int64_t i = lane; i < size; i += warp_size) {
      const float magnitude = std::fabs(from[i]);
      largest = magnitude > largest || magnitude != magnitude ? magnitude : largest;
    }
    const float step = warp_max(largest) / 127;
    double squares = 0;
    for (std::int64_t i = lane; i < size; i += warp_size) {
      const float steps = step > 0 ? from[i] / step : 0;
      const float inside = steps > -127 ? (steps < 127 ? steps : 127.0f) : -127.0f;  // of a NaN too
      const auto code = static_cast<std::int8_t>(std::rint(inside));
      codes[row * size + i] = code;
      const double left = static_cast<double>(from[i]) - static_cast<double>(step) * code;
      squares += left * left;
    }
    const double length = std::sqrt(warp_sum(squares));
    if (lane > 0) continue;
    scale[row] = step;
    error[row] = length == 0 ? 0 : static_cast<float>(length * error_factor) + error_term;
  }
}

/// sum + the products of the signed bytes of a and b.
__device__ __forceinline__ int add_products(std::uint32_t a, std::uint32_t b, int sum) {
  return __dp4a(static_cast<int>(a), static_cast<int>(b), sum);
}

/// cosines[q, r] for `queries` queries and all rows, one warp a row: each vector of 16 codes of a row is loaded once for
/// all queries, whose own codes come from the first-level cache. With in_vectors, size is a multiple of 16 and so are the
/// places of both arrays of codes.
template <int queries, bool in_vectors>
__global__ void __launch_bounds__(coded_block)
    code_cosines_kernel(const std::int8_t* query_codes, const float* query_scale, const std::int8_t* codes,
                        const float* scale, std::int64_t rows, int size, float* cosines) {
  const int lane = static_cast<int>(threadIdx.x % warp_size);
  for (std::int64_t row = first_coded_row(); row < rows; row += coded_row_step()) {
    const std::int8_t* of_row = codes + row * size;
    int sums[queries] = {};
    if constexpr (in_vectors) {
      for (int i = 16 * lane; i < size; i += 16 * static_cast<int>(warp_size)) {
        const uint4 right = load_vector<uint4>(of_row + i);
        HYPERSPHERE_UNROLL
        for (int q = 0; q < queries; ++q) {
          const uint4 left = load_vector<uint4>(query_codes + q * size + i);
          sums[q] = add_products(left.x, right.x, sums[q]), sums[q] = add_products(left.y, right.y, sums[q]);
          sums[q] = add_products(left.z, right.z, sums[q]), sums[q] = add_products(left.w, right.w, sums[q]);
        }
      }
    } else {
      for (int i = lane; i < size; i += static_cast<int>(warp_size)) {
        const int right = of_row[i];
        HYPERSPHERE_UNROLL
        for (int q = 0; q < queries; ++q) sums[q] += query_codes[q * size + i] * right;
      }
    }
    HYPERSPHERE_UNROLL
    for (int q = 0; q < queries; ++q) {
      const int sum = warp_sum(sums[q]);
      if (lane == 0) cosines[q * rows + row] = static_cast<float>(sum) * (query_scale[q] * scale[row]);
    }
  }
}

}  // namespace hypersphere::cuda
