// A block's tile of a product with plain fused multiply-adds in f32: the readable counterpart of mma_tile.cuh, with the
// same interface, and the one that strict precision uses. No extent has to be a multiple of anything.
#pragma once

#include "kernels/gemm/tile_sources.cuh"

namespace hypersphere::cuda {

/// 64 x 64 sums by 256 threads, 4 x 4 each.
struct FmaTile {
  using Element = float;
  static constexpr bool on_tensor_cores = false;
  static constexpr int rows = 64, columns = 64, threads = 256, depth = 16;
  static constexpr int stride =
      rows + 4;  // floats between two k of a piece; four more against meeting in banks
  static constexpr int shared_bytes = 2 * depth * stride * static_cast<int>(sizeof(float));
};

/// value[i][j]: row 4 (thread / 16) + i, column 4 (thread mod 16) + j.
struct FmaSums {
  float value[4][4];
};

template <>
struct SumsOf<FmaTile> {
  using Type = FmaSums;
};

/// Copies one factor's piece of 16 k by 64 rows (or columns), four elements a thread.
template <class Source>
class FmaLoader {
 public:
  __device__ __forceinline__ FmaLoader(const Source& source, int first, int limit)
      : source_(source), first_(first), limit_(limit), thread_(static_cast<int>(threadIdx.x)) {
    if constexpr (Source::layout == Layout::k_inner) row_ = source.row(first + thread_ / 4);
  }

  __device__ __forceinline__ void load(float* piece, Step step, int end) const {
    if constexpr (Source::layout == Layout::k_inner) {
      const int first_k = thread_ % 4 * 4;
      const float* const from = source_.address(row_, step);
      for (int e = 0; e < 4; ++e) {
        const bool valid = from != nullptr && step.channel + first_k + e < end;
        piece[(first_k + e) * FmaTile::stride + thread_ / 4] = valid ? from[first_k + e] : 0.0f;
      }
    } else {
      const int k = thread_ / 16, column = thread_ % 16 * 4;
      const float* const from = step.channel + k < end ? source_.address(step, step.channel + k) : nullptr;
      for (int e = 0; e < 4; ++e) {
        const bool valid = from != nullptr && first_ + column + e < limit_;
        piece[k * FmaTile::stride + column + e] = valid ? from[first_ + column + e] : 0.0f;
      }
    }
  }

 private:
  const Source& source_;
  int first_, limit_, thread_;
  typename RowOf<Source>::Type row_{};
};

/// See mma_tile.cuh's multiply_tile.
template <class Tile, class SourceA, class SourceB>
requires(!Tile::on_tensor_cores) __device__ __forceinline__
    void multiply_tile(const SourceA& source_a, const SourceB& source_b, const Steps& steps, int first_row,
                       int first_column, int limit_a, int limit_b, unsigned char* shared,
                       typename SumsOf<Tile>::Type& sums) {
  float* const a = reinterpret_cast<float*>(shared);
  float* const b = a + Tile::depth * Tile::stride;
  const FmaLoader<SourceA> a_loader(source_a, first_row, limit_a);
  const FmaLoader<SourceB> b_loader(source_b, first_column, limit_b);
  const int row = static_cast<int>(threadIdx.x) / 16 * 4, column = static_cast<int>(threadIdx.x) % 16 * 4;
  for (auto& line : sums.value)
    for (float& sum : line) sum = 0;
  const int count = steps.count(Tile::depth);
  Step step = steps.first();
  for (int index = 0; index < count; ++index) {
    a_loader.load(a, step, steps.end);
    b_loader.load(b, step, steps.end);
    steps.advance(step, Tile::depth);
    __syncthreads();
    for (int k = 0; k < Tile::depth; ++k) {
      const float4 x = load_vector<float4>(a + k * Tile::stride + row);
      const float4 y = load_vector<float4>(b + k * Tile::stride + column);
      const float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) sums.value[i][j] += xs[i] * ys[j];
    }
    __syncthreads();
  }
}

/// See mma_tile.cuh's write_tile; here a thread's own sums are neighbours already.
template <int width, class Tile, class Epilogue>
requires(!Tile::on_tensor_cores) __device__ __forceinline__
    void write_tile(const typename SumsOf<Tile>::Type& sums, int first_row, int first_column, int row_limit,
                    unsigned char*, const Epilogue& epilogue) {
  static_assert(width == 4);
  const int row = first_row + static_cast<int>(threadIdx.x) / 16 * 4;
  const int column = first_column + static_cast<int>(threadIdx.x) % 16 * 4;
  HYPERSPHERE_UNROLL
  for (int i = 0; i < 4; ++i)
    if (row + i < row_limit) epilogue.write(row + i, column, sums.value[i]);
}

}  // namespace hypersphere::cuda
