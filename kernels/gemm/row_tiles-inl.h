// How a product is cut for registers and caches. Compiled once a SIMD target; see micro_kernel-inl.h.

#include <algorithm>
#include <cstdint>

#include "kernels/gemm/micro_kernel-inl.h"

#if defined(HYPERSPHERE_ROW_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HYPERSPHERE_ROW_TILES_INL_H_
#undef HYPERSPHERE_ROW_TILES_INL_H_
#else
#define HYPERSPHERE_ROW_TILES_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

// Terms of a sum that are added at a time: a strip's piece takes half of the first-level cache (32 KiB).
inline constexpr std::int64_t depth_block = 16384 / (4 * tile_columns) > 64 ? 16384 / (4 * tile_columns) : 64;

/// A run of rows cut into register tiles. A tile takes the time of six rows whether it has them or not, but one of four
/// rows less: where the last tile would be much too high, some of four make up for it.
class RowTiles {
 public:
  explicit RowTiles(std::int64_t rows)
      : rows_(rows),
        count_((rows + tile_rows - 1) / tile_rows),
        full_(count_ - std::min(count_, (count_ * tile_rows - rows) / (tile_rows - low_tile_rows))) {}

  std::int64_t count() const { return count_; }
  /// The low tiles follow the others.
  std::int64_t high_count() const { return full_; }
  bool is_low(std::int64_t tile) const { return tile >= full_; }
  /// The first row.
  std::int64_t begin(std::int64_t tile) const {
    return tile * tile_rows - std::max<std::int64_t>(0, tile - full_) * (tile_rows - low_tile_rows);
  }
  std::int64_t full_height(std::int64_t tile) const { return is_low(tile) ? low_tile_rows : tile_rows; }
  /// Rows that exist.
  std::int64_t height(std::int64_t tile) const { return std::min(full_height(tile), rows_ - begin(tile)); }

 private:
  std::int64_t rows_, count_, full_;
};

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
