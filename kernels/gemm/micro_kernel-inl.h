// The register-tiled inner loops that carry every matrix product and convolution on the CPU: six rows by a
// few vectors of columns, held in registers while the sum over k runs. Compiled once a SIMD target through
// Highway: include it only from a file that is compiled through hwy/foreach_target.h. (Include guard:
// Highway's toggle.)

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstdint>

#if defined(HYPERSPHERE_MICRO_KERNEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HYPERSPHERE_MICRO_KERNEL_INL_H_
#undef HYPERSPHERE_MICRO_KERNEL_INL_H_
#else
#define HYPERSPHERE_MICRO_KERNEL_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Six rows times two vectors fill 12 of AVX2's 16 registers, six times four fill 24 of AVX-512's 32; what is
// left holds the columns' vectors and one broadcast value. With 12 (24) independent sums, the latency of the
// fused multiply-add is hidden.
inline constexpr int tile_rows = 6;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int tile_vectors = 4;
#else
inline constexpr int tile_vectors = 2;
#endif
using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;
inline constexpr std::int64_t lanes = HWY_LANES(float);
/// Columns of a register tile: 16 with AVX2, 64 with AVX-512.
inline constexpr std::int64_t tile_columns = tile_vectors * lanes;

/// Rows of the lower register tile, for where six do not fit: as few as still hide the latency.
inline constexpr int low_tile_rows = 4;

/// The sums of a register tile of `height` rows.
template <int height>
struct TileOf {
  Vector sum[height][tile_vectors];

  HWY_INLINE void start() {
    const Floats d;
#pragma GCC unroll 6
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < tile_vectors; ++v) sum[r][v] = hn::Zero(d);
  }

  /// sum[r][:] += a[r] * b[:], with a[r] a scalar.
  template <class Scalar>
  HWY_INLINE void multiply_add(const Scalar& a, const float* HWY_RESTRICT b) {
    const Floats d;
    Vector columns[tile_vectors];
#pragma GCC unroll 4
    for (int v = 0; v < tile_vectors; ++v) columns[v] = hn::Load(d, b + v * lanes);
#pragma GCC unroll 6
    for (int r = 0; r < height; ++r) {
      const Vector value = hn::Set(d, a(r));
#pragma GCC unroll 4
      for (int v = 0; v < tile_vectors; ++v) sum[r][v] = hn::MulAdd(value, columns[v], sum[r][v]);
    }
  }

  /// sum[r][j] += values[r tile_columns + j], aligned.
  HWY_INLINE void add(const float* HWY_RESTRICT values) {
    const Floats d;
#pragma GCC unroll 6
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < tile_vectors; ++v)
        sum[r][v] = hn::Add(sum[r][v], hn::Load(d, values + r * tile_columns + v * lanes));
  }

  /// values[r tile_columns + j] = sum[r][j], aligned.
  HWY_INLINE void store(float* HWY_RESTRICT values) const {
    const Floats d;
#pragma GCC unroll 6
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < tile_vectors; ++v) hn::Store(sum[r][v], d, values + r * tile_columns + v * lanes);
  }
};
using Tile = TileOf<tile_rows>;

/// sum[r][j] += sum over k of rows[r][k] b[k tile_columns + j], b aligned to a vector.
template <int height>
HWY_INLINE void multiply_rows(TileOf<height>& tile, const float* const* rows, const float* HWY_RESTRICT b,
                              std::int64_t count) {
  TileOf<height> sums =
      tile;  // a local copy: the compiler keeps it in registers whatever the caller does with the tile
  const float* row[height];
#pragma GCC unroll 6
  for (int r = 0; r < height; ++r) row[r] = rows[r];
  for (std::int64_t k = 0; k < count; ++k, b += tile_columns)
    sums.multiply_add([&](int r) HWY_ATTR { return row[r][k]; }, b);
  tile = sums;
}

/// Asks for memory that will be read soon, a little with each step of a product; the processor fetches by itself only what
/// follows what it reads. Never a fault, wherever it points.
struct Ahead {
  const float* at;
  std::int64_t step;  ///< floats a step of k

  HWY_INLINE void next() {
    hwy::Prefetch(at);
    at += step;
  }
};

/// multiply_rows that fetches ahead.
template <int height>
HWY_INLINE void multiply_rows(TileOf<height>& tile, const float* const* rows, const float* HWY_RESTRICT b,
                              std::int64_t count, Ahead ahead) {
  TileOf<height> sums = tile;
  const float* row[height];
#pragma GCC unroll 6
  for (int r = 0; r < height; ++r) row[r] = rows[r];
  for (std::int64_t k = 0; k < count; ++k, b += tile_columns) {
    ahead.next();
    sums.multiply_add([&](int r) HWY_ATTR { return row[r][k]; }, b);
  }
  tile = sums;
}

/// sum[r][j] += sum over k of a[k a_step + r] b[k b_step + j], b aligned to a vector. All `height` values of a are read.
template <int height>
HWY_INLINE void multiply_outer(TileOf<height>& tile, const float* HWY_RESTRICT a, std::int64_t a_step,
                               const float* HWY_RESTRICT b, std::int64_t b_step, std::int64_t count) {
  TileOf<height> sums = tile;
  for (std::int64_t k = 0; k < count; ++k, a += a_step, b += b_step)
    sums.multiply_add([&](int r) HWY_ATTR { return a[r]; }, b);
  tile = sums;
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
