// Sums over rows whose bits do not depend on the number of threads: the rows are cut into chunks that depend
// on their number alone, threads share out whole chunks, and the chunks' sums are added in a fixed tree.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/cpu/parallel.h"
#include "tensor/tensor.h"

namespace hypersphere::cpu {

/// Chunks for `rows` rows: at least 64 rows each, so that few rows cost no workspace, and at most 64 chunks.
inline std::int64_t row_chunk_count(std::int64_t rows) { return std::clamp<std::int64_t>(rows / 64, 1, 64); }

/// out[c] = the sum over all rows of what `body(begin, end, sums)` adds to sums[c] for the rows [begin, end);
/// `sums` starts at zero. Workspace: row_chunk_count(rows) times `channels` floats, none for a single chunk.
template <class Body>
void sum_row_chunks(std::int64_t rows, std::int64_t channels, float* out, const Body& body) {
  const std::int64_t chunks = row_chunk_count(rows);
  Tensor workspace;
  float* sums = out;
  if (chunks > 1) {
    workspace = Tensor::empty({chunks, channels});
    sums = workspace.data<float>();
  }
  const std::int64_t chunk_size = std::max<std::int64_t>(1, rows / chunks * channels);
  parallel_for(chunks, std::max<std::int64_t>(1, (1 << 14) / chunk_size),
               [=, &body](std::int64_t first, std::int64_t last) {
                 for (std::int64_t k = first; k < last; ++k) {
                   float* chunk = sums + k * channels;
                   std::fill_n(chunk, channels, 0.0f);
                   body(rows * k / chunks, rows * (k + 1) / chunks, chunk);
                 }
               });
  if (chunks == 1) return;
  for (std::int64_t step = 1; step < chunks; step *= 2)
    for (std::int64_t k = 0; k + step < chunks; k += 2 * step) {
      float* into = sums + k * channels;
      const float* from = sums + (k + step) * channels;
#pragma omp simd
      for (std::int64_t c = 0; c < channels; ++c) into[c] += from[c];
    }
  std::copy_n(sums, channels, out);
}

}  // namespace hypersphere::cpu
