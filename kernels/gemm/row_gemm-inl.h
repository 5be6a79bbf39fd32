// Matrix product whose left rows are found through pointers: the one driver behind gemm and the implicit-GEMM
// convolutions. Compiled once a SIMD target; see micro_kernel-inl.h.
//
//   out[r][j] = start[j] + sum over t, c of row(r, t)[c] b[t][c][j]      r < rows, t < taps, c < depth, j <
//   columns
//
// A plain product has one tap. A convolution has one tap a window position: row(r, t) points into the image
// at the pixel that output pixel r sees there, or at zeros outside of the image, so no column matrix is ever
// written.

#include <cstring>
#include <vector>

#include "kernels/cpu/parallel.h"
#include "kernels/gemm/micro_kernel-inl.h"
#include "tensor/tensor.h"

#if defined(HYPERSPHERE_ROW_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HYPERSPHERE_ROW_GEMM_INL_H_
#undef HYPERSPHERE_ROW_GEMM_INL_H_
#else
#define HYPERSPHERE_ROW_GEMM_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// Extents of a product.
struct RowGemmShape {
  std::int64_t rows, taps, depth, columns;
  std::int64_t strips() const { return (columns + tile_columns - 1) / tile_columns; }
  /// Floats of one packed strip of columns.
  std::int64_t strip_size() const { return taps * depth * tile_columns; }
};

// A strip's piece for one block of k must stay in the first-level cache (32 KiB) while the rows pass by.
inline constexpr std::int64_t depth_block = 16384 / (4 * tile_columns) > 64 ? 16384 / (4 * tile_columns) : 64;
// The rows' inputs and outputs of one block should stay in the second-level cache.
inline constexpr std::int64_t row_block = 16 * tile_rows;

/// A run of k: channels [channel, channel + count) of one tap.
struct Segment {
  std::int64_t tap, channel, count;
};

/// Cuts taps x depth into blocks of at most about depth_block, each a list of segments.
inline std::vector<std::vector<Segment>> depth_blocks(std::int64_t taps, std::int64_t depth) {
  const std::int64_t pieces = (depth + depth_block - 1) / depth_block;
  std::vector<std::vector<Segment>> blocks;
  std::int64_t filled = depth_block;
  for (std::int64_t tap = 0; tap < taps; ++tap)
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      const std::int64_t begin = depth * piece / pieces, end = depth * (piece + 1) / pieces;
      if (filled + (end - begin) > depth_block) {
        blocks.emplace_back();
        filled = 0;
      }
      blocks.back().push_back({tap, begin, end - begin});
      filled += end - begin;
    }
  return blocks;
}

/// Computes output rows [row_begin, row_end) of the strips [strip_begin, strip_end).
///   row(r, t): const float*, `depth` values      out(r): float*, `columns` values
///   packed: the strips' columns from strip_begin on, each [taps][depth][tile_columns], zeros beyond
///   `columns` start: tile_columns floats a strip from strip_begin on (a bias, zeros beyond `columns`), or
///   null for zeros keep: add to what out holds instead of starting afresh
template <class Row, class Out>
void row_gemm_part(const RowGemmShape& shape, const Row& row, const Out& out, const float* packed,
                   const float* start, bool keep, std::int64_t row_begin, std::int64_t row_end,
                   std::int64_t strip_begin, std::int64_t strip_end) {
  const Floats d;
  const auto blocks = depth_blocks(shape.taps, shape.depth);
  std::vector<const float*> sources(static_cast<std::size_t>(row_block * shape.taps));
  HWY_ALIGN float spare[tile_rows][tile_columns];  // where partial tiles are written

  for (std::int64_t first = row_begin; first < row_end; first += row_block) {
    const std::int64_t count = std::min(row_block, row_end - first);
    const std::int64_t tiles = (count + tile_rows - 1) / tile_rows;
    // [tile][tap][row of the tile]; rows beyond the end repeat the last one and their results are dropped.
    for (std::int64_t tile = 0; tile < tiles; ++tile)
      for (std::int64_t tap = 0; tap < shape.taps; ++tap)
        for (std::int64_t r = 0; r < tile_rows; ++r)
          sources[static_cast<std::size_t>((tile * shape.taps + tap) * tile_rows + r)] =
              row(first + std::min(tile * tile_rows + r, count - 1), tap);

    for (std::size_t block = 0; block < blocks.size(); ++block) {
      const bool fresh = block == 0 && !keep;
      for (std::int64_t strip = strip_begin; strip < strip_end; ++strip) {
        const std::int64_t column = strip * tile_columns;
        const std::int64_t width = std::min(tile_columns, shape.columns - column);
        const float* columns = packed + (strip - strip_begin) * shape.strip_size();
        for (std::int64_t t = 0; t < tiles; ++t) {
          const std::int64_t height = std::min<std::int64_t>(tile_rows, count - t * tile_rows);
          const bool whole = width == tile_columns && height == tile_rows;
          float* target[tile_rows];
          for (std::int64_t r = 0; r < tile_rows; ++r)
            target[r] = whole ? out(first + t * tile_rows + r) + column : spare[r];
          if (!whole && !fresh)
            for (std::int64_t r = 0; r < height; ++r)
              std::memcpy(spare[r], out(first + t * tile_rows + r) + column,
                          static_cast<std::size_t>(width) * sizeof(float));
          // Each block is summed from zero and added at the end: the shorter the running sums, the smaller
          // their rounding error.
          Tile tile;
          tile.start();
          for (const Segment& segment : blocks[block]) {
            const float* const* source =
                &sources[static_cast<std::size_t>((t * shape.taps + segment.tap) * tile_rows)];
            const float* rows[tile_rows];
            for (int r = 0; r < tile_rows; ++r) rows[r] = source[r] + segment.channel;
            multiply_rows(tile, rows, columns + (segment.tap * shape.depth + segment.channel) * tile_columns,
                          segment.count);
          }
          if (!fresh) {
            for (int r = 0; r < tile_rows; ++r)
              for (int v = 0; v < tile_vectors; ++v)
                tile.sum[r][v] = hn::Add(tile.sum[r][v], hn::LoadU(d, target[r] + v * lanes));
          } else if (start != nullptr) {
            tile.add_to_rows(start + (strip - strip_begin) * tile_columns);
          }
          for (int r = 0; r < tile_rows; ++r)
            for (int v = 0; v < tile_vectors; ++v) hn::StoreU(tile.sum[r][v], d, target[r] + v * lanes);
          if (!whole)
            for (std::int64_t r = 0; r < height; ++r)
              std::memcpy(out(first + t * tile_rows + r) + column, spare[r],
                          static_cast<std::size_t>(width) * sizeof(float));
        }
      }
    }
  }
}

/// The whole product on all threads.
///   pack(strip, destination): writes the packed columns of one strip, strip_size() floats
/// Many rows: the strips are packed once and the rows are split. Few rows: the strips are split, and each
/// thread packs its own, a few at a time, so that they are still in its cache when they are used. Workspace:
/// rows split: all packed strips; strips split: one strip a thread.
template <class Row, class Pack, class Out>
void row_gemm(const RowGemmShape& shape, const Row& row, const Pack& pack, const Out& out, const float* bias,
              bool keep) {
  const std::int64_t strips = shape.strips();
  if (shape.rows == 0 || strips == 0) return;
  Tensor start;
  if (bias != nullptr) {
    start = Tensor::zeros({strips * tile_columns});
    std::memcpy(start.data<float>(), bias, static_cast<std::size_t>(shape.columns) * sizeof(float));
  }
  const auto start_of = [&](std::int64_t strip) {
    return bias != nullptr ? start.data<float>() + strip * tile_columns : nullptr;
  };
  const std::int64_t row_tiles = (shape.rows + tile_rows - 1) / tile_rows;
  if (row_tiles >= 16 * cpu::thread_count()) {
    Tensor packed = Tensor::empty({strips * shape.strip_size()});
    float* const base = packed.data<float>();
    cpu::parallel_for(strips, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t strip = begin; strip < end; ++strip) pack(strip, base + strip * shape.strip_size());
    });
    cpu::parallel_for(row_tiles, 1, [&](std::int64_t begin, std::int64_t end) {
      row_gemm_part(shape, row, out, base, start_of(0), keep, begin * tile_rows,
                    std::min(shape.rows, end * tile_rows), 0, strips);
    });
  } else {
    const int threads = cpu::thread_count();
    Tensor packed = Tensor::empty({threads * shape.strip_size()});
    float* const base = packed.data<float>();
    cpu::parallel_for(threads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t part = begin; part < end; ++part)
        for (std::int64_t strip = strips * part / threads; strip < strips * (part + 1) / threads; ++strip) {
          float* const own = base + part * shape.strip_size();
          pack(strip, own);
          row_gemm_part(shape, row, out, own, start_of(strip), keep, 0, shape.rows, strip, strip + 1);
        }
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
