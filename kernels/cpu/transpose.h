// Copies that change the order of a matrix's elements: what packing is made of.
#pragma once

#include <cstdint>

namespace hypersphere::cpu {

/// to[c, r] = from[r, c]; from: [rows, columns]. On all threads.
void transpose(const float* from, std::int64_t rows, std::int64_t columns, float* to);

/// to[k, j] = from[k * stride + j] for j < width, else 0; to: [depth, padded]. On the calling thread.
void pack_columns(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                  std::int64_t padded, float* to);

/// The same for one strip of `strip` columns after the other: to[s, k, j] = from[k * stride + s * strip + j] where
/// s * strip + j < width, else 0; to: [width / strip, rounded up][depth][strip]. On the calling thread.
void pack_strips(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                 std::int64_t strip, float* to);

/// to[k, j] = from[j * stride + k] for j < width, else 0; to: [depth, padded]. On the calling thread.
void pack_transposed(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                     std::int64_t padded, float* to);

/// The same for one strip of `strip` columns after the other: to[s, k, j] = from[(s * strip + j) * stride + k] where
/// s * strip + j < width, else 0; to: [width / strip, rounded up][depth][strip]. On the calling thread.
void pack_strips_transposed(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                            std::int64_t strip, float* to);

}  // namespace hypersphere::cpu
