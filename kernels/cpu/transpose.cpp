#include "kernels/cpu/transpose.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/parallel.h"

namespace hypersphere::cpu {

void transpose(const float* from, std::int64_t rows, std::int64_t columns, float* to) {
  parallel_for(columns, 64, [&](std::int64_t begin, std::int64_t end) {
    constexpr std::int64_t tile = 16;
    for (std::int64_t c0 = begin; c0 < end; c0 += tile)
      for (std::int64_t r0 = 0; r0 < rows; r0 += tile)
        for (std::int64_t c = c0; c < std::min(c0 + tile, end); ++c)
          for (std::int64_t r = r0; r < std::min(r0 + tile, rows); ++r)
            to[c * rows + r] = from[r * columns + c];
  });
}

void pack_columns(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                  std::int64_t padded, float* to) {
  for (std::int64_t k = 0; k < depth; ++k, to += padded) {
    std::memcpy(to, from + k * stride, static_cast<std::size_t>(width) * sizeof(float));
    std::fill(to + width, to + padded, 0.0f);
  }
}

void pack_strips(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                 std::int64_t strip, float* to) {
  constexpr std::int64_t piece = 4, line = 16, ahead = 8;  // floats, floats, rows
  const std::int64_t whole = width / strip;
  for (std::int64_t k = 0; k < depth; ++k, from += stride) {
    // Each row lies in a page of its own, and the processor does not foresee the next.
    if (k + ahead < depth)
      for (std::int64_t j = 0; j < width; j += line) __builtin_prefetch(from + ahead * stride + j);
    for (std::int64_t s = 0; s < whole; ++s) {
      float* const target = to + (s * depth + k) * strip;
      const float* const source = from + s * strip;
      std::int64_t j = 0;
      for (; j + piece <= strip; j += piece) std::memcpy(target + j, source + j, piece * sizeof(float));
      for (; j < strip; ++j) target[j] = source[j];
    }
    if (whole * strip < width) {
      float* const target = to + (whole * depth + k) * strip;
      std::fill(std::copy(from + whole * strip, from + width, target), target + strip, 0.0f);
    }
  }
}

void pack_transposed(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                     std::int64_t padded, float* to) {
  // Sixteen values of each row fill a cache line read and keep `padded` write streams short.
  constexpr std::int64_t tile = 16;
  for (std::int64_t k0 = 0; k0 < depth; k0 += tile) {
    const std::int64_t k1 = std::min(k0 + tile, depth);
    for (std::int64_t j = 0; j < width; ++j)
      for (std::int64_t k = k0; k < k1; ++k) to[k * padded + j] = from[j * stride + k];
    for (std::int64_t k = k0; k < k1; ++k) std::fill(to + k * padded + width, to + (k + 1) * padded, 0.0f);
  }
}

void pack_strips_transposed(const float* from, std::int64_t stride, std::int64_t width, std::int64_t depth,
                            std::int64_t strip, float* to) {
  for (std::int64_t j = 0; j < width; j += strip, to += depth * strip)
    pack_transposed(from + j * stride, stride, std::min(strip, width - j), depth, strip, to);
}

}  // namespace hypersphere::cpu
