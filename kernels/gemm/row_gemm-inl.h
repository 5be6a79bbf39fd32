// Matrix product whose left rows are found through pointers: the one driver behind gemm and the implicit-GEMM
// convolutions. Compiled once a SIMD target; see micro_kernel-inl.h.
//
//   out[r][j] = sum over t, c of row(r, t)[c] b[t depth + c][j]      r < rows, t < taps, c < depth, j < columns
//
// A plain product has one tap. A convolution has one tap a window position: row(r, t) points into the image
// at the pixel that output pixel r sees there, or at zeros outside of the image, so no column matrix is ever
// written.
//
// Three levels of blocks: a block of k, so that a strip of b fits into the first-level cache while the rows pass by; a
// block of rows, so that its part of the block of k stays in the second-level cache while the strips pass by; a register
// tile. What the blocks of k leave behind is collected in a buffer of the thread's own. Only the last one writes the
// output, through a function object that may do more than store it (see conv2d/epilogue-inl.h).

#include <algorithm>
#include <vector>

#include "kernels/cpu/parallel.h"
#include "kernels/gemm/row_tiles-inl.h"
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
  bool gathered =
      false;  // whether each row gets memory for its taps, for rows that lie nowhere as they are wanted
  std::int64_t strips() const { return (columns + tile_columns - 1) / tile_columns; }
};

// The rows' inputs of one block of k take a part of the second-level cache.
inline constexpr std::int64_t row_block = 16 * tile_rows;
// Where a thread packs its own strips: so many at a time, for reads of whole stretches of b's rows.
inline constexpr std::int64_t strips_packed = 128 / tile_columns > 1 ? 128 / tile_columns : 1;

/// A run of k: channels [channel, channel + count) of one tap.
struct Segment {
  std::int64_t tap, channel, count;
};

/// Terms [begin, end) of the sum.
struct DepthBlock {
  std::int64_t begin = 0, end = 0;
  std::vector<Segment> segments;
  std::int64_t size() const { return end - begin; }
};

/// Cuts taps x depth into blocks of at most about depth_block.
inline std::vector<DepthBlock> depth_blocks(std::int64_t taps, std::int64_t depth) {
  const std::int64_t pieces = (depth + depth_block - 1) / depth_block;
  std::vector<DepthBlock> blocks;
  for (std::int64_t tap = 0; tap < taps; ++tap)
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
      const std::int64_t begin = depth * piece / pieces, end = depth * (piece + 1) / pieces;
      const std::int64_t k = tap * depth + begin;
      if (blocks.empty() || blocks.back().size() + (end - begin) > depth_block) blocks.push_back({k, k, {}});
      blocks.back().segments.push_back({tap, begin, end - begin});
      blocks.back().end += end - begin;
    }
  return blocks;
}

/// Hands a tile to the epilogue, `rows` rows and `width` columns of it. at[r] is where row r begins.
template <int height, class Store>
HWY_INLINE void store_tile(const TileOf<height>& tile, std::int64_t rows, std::int64_t column,
                           std::int64_t width, const std::int64_t* at,
                           Store store) {  // a copy stays in registers
  if (rows == height && width == tile_columns) {
#pragma GCC unroll 6
    for (int r = 0; r < height; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < tile_vectors; ++v)
        store(tile.sum[r][v], at[r] + column + v * lanes, column + v * lanes);
    return;
  }
  HWY_ALIGN float values[height * tile_columns];
  tile.store(values);
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t j = 0; j < width; ++j)
      store(values[r * tile_columns + j], at[r] + column + j, column + j);
}

/// Some rows of the product, at most row_block.
struct RowBlock {
  std::int64_t begin = 0, end = 0;
  RowTiles tiles{0};
  std::vector<const float*> sources;  // [tile][tap][row of the tile]
  std::vector<std::int64_t> at;       // [tile][row of the tile]: where it begins in the output
  std::vector<float> gathered;        // [tile][row of the tile][tap][depth], where wanted
};

/// The work of one thread, a block of rows at a time.
template <class Rows, class Store>
class RowGemmPart {
 public:
  RowGemmPart(const RowGemmShape& shape, const std::vector<DepthBlock>& blocks, const Rows& rows,
              const Store& store, std::int64_t most_rows, std::int64_t most_strips)
      : shape_(shape), blocks_(blocks), rows_(rows), store_(store) {
    const std::int64_t tiles = (std::min(row_block, most_rows) + tile_rows - 1) / tile_rows;
    for (RowBlock* block : {&current_, &next_}) {
      block->sources.resize(static_cast<std::size_t>(tiles * shape.taps * tile_rows));
      block->at.resize(static_cast<std::size_t>(tiles * tile_rows));
      if (shape.gathered)
        block->gathered.resize(static_cast<std::size_t>(tiles * tile_rows * shape.taps * shape.depth));
    }
    if (blocks.size() > 1) partial_ = Tensor::empty({most_strips * tiles * tile_rows * tile_columns});
  }
  /// An epilogue may write past the caches; other threads see that from here on.
  ~RowGemmPart() { hwy::FlushStream(); }
  RowGemmPart(RowGemmPart&&) noexcept = default;

  /// Rows [begin, end) are to be computed, at most row_block, and then [end, next_end), which are fetched ahead.
  void take_rows(std::int64_t begin, std::int64_t end, std::int64_t next_end) {
    if (begin == next_.begin && end == next_.end)
      std::swap(current_, next_);
    else
      fill(current_, begin, end);
    fill(next_, end, next_end);
  }

  /// Adds block b of k for strips [first, first + count), whose columns are packed one strip after the other. Blocks come
  /// in their order; the last one writes the output.
  void multiply(std::size_t b, const float* packed, std::int64_t first, std::int64_t count) {
    const RowTiles& tiles = current_.tiles;
    const DepthBlock& block = blocks_[b];
    const bool last = b + 1 == blocks_.size();
    const RowBlock& ahead = last ? next_ : current_;
    const DepthBlock& block_ahead = blocks_[last ? 0 : b + 1];
    const std::int64_t runs_a_strip = (std::ssize(block_ahead.segments) * tile_rows + count - 1) / count;
    const std::int64_t group = std::max<std::int64_t>(1, depth_block / block.size());
    for (std::int64_t begin = 0; begin < count; begin += group)
      for (std::int64_t tile = 0; tile < tiles.count(); ++tile)
        for (std::int64_t strip = begin; strip < std::min(begin + group, count); ++strip) {
          if (tile < ahead.tiles.count() && !shape_.gathered)
            prefetch(block_ahead, sources(ahead, tile), strip * runs_a_strip, (strip + 1) * runs_a_strip);
          const float* const columns = packed + strip * block.size() * tile_columns;
          float* const partial =
              partial_.defined()
                  ? partial_.data<float>() + (strip * tiles.count() + tile) * tile_rows * tile_columns
                  : nullptr;
          if (tiles.is_low(tile))
            multiply_tile<low_tile_rows>(b, tile, columns, first + strip, partial);
          else
            multiply_tile<tile_rows>(b, tile, columns, first + strip, partial);
        }
  }

 private:
  void fill(RowBlock& block, std::int64_t begin, std::int64_t end) const {
    block.begin = begin, block.end = end;
    block.tiles = RowTiles(end - begin);
    for (std::int64_t tile = 0; tile < block.tiles.count(); ++tile)
      for (std::int64_t r = 0; r < tile_rows; ++r) {  // rows beyond the end repeat the last one
        const std::int64_t row = std::min(begin + block.tiles.begin(tile) + r, end - 1);
        float* const gathered = shape_.gathered ? &block.gathered[static_cast<std::size_t>(
                                                      (tile * tile_rows + r) * shape_.taps * shape_.depth)]
                                                : nullptr;
        block.at[static_cast<std::size_t>(tile * tile_rows + r)] = rows_(
            row, &block.sources[static_cast<std::size_t>(tile * shape_.taps * tile_rows + r)], gathered);
      }
  }

  const float* const* sources(const RowBlock& block, std::int64_t tile) const {
    return &block.sources[static_cast<std::size_t>(tile * shape_.taps * tile_rows)];
  }

  /// Fetches runs [begin, end) of what will be read next for a tile's rows: they are many and short, and the processor
  /// does not foresee them.
  static void prefetch(const DepthBlock& block, const float* const* sources, std::int64_t begin,
                       std::int64_t end) {
    constexpr std::int64_t line = 16;
    for (std::int64_t run = begin; run < std::min(end, std::ssize(block.segments) * tile_rows); ++run) {
      const Segment& segment = block.segments[static_cast<std::size_t>(run / tile_rows)];
      const float* const row = sources[segment.tap * tile_rows + run % tile_rows] + segment.channel;
      for (std::int64_t c = 0; c < segment.count; c += line) __builtin_prefetch(row + c, 0, 2);
    }
  }

  template <int height>
  void multiply_tile(std::size_t b, std::int64_t tile, const float* HWY_RESTRICT columns, std::int64_t strip,
                     float* partial) const {
    const float* const* const tile_sources = sources(current_, tile);
    TileOf<height> sums;
    sums.start();
    for (const Segment& segment : blocks_[b].segments) {
      const float* rows[height];
#pragma GCC unroll 6
      for (int r = 0; r < height; ++r) rows[r] = tile_sources[segment.tap * tile_rows + r] + segment.channel;
      multiply_rows(sums, rows, columns, segment.count);
      columns += segment.count * tile_columns;
    }
    // Each block is summed from zero and added at the end: the shorter the running sums, the smaller their
    // rounding error.
    if (b > 0) sums.add(partial);
    if (b + 1 < blocks_.size()) return sums.store(partial);
    const std::int64_t column = strip * tile_columns;
    store_tile(sums, current_.tiles.height(tile), column, std::min(tile_columns, shape_.columns - column),
               &current_.at[static_cast<std::size_t>(tile * tile_rows)], store_);
  }

  const RowGemmShape& shape_;
  const std::vector<DepthBlock>& blocks_;
  const Rows& rows_;
  const Store& store_;
  RowBlock current_, next_;
  Tensor partial_;  // [strip][tile][tile_rows][tile_columns]
};

/// The right factor, packed once for all threads.
class PackedColumns {
 public:
  /// pack: as of row_gemm.
  template <class Pack>
  PackedColumns(const RowGemmShape& shape, const std::vector<DepthBlock>& blocks, const Pack& pack)
      : strips_(shape.strips()), packed_(Tensor::empty({shape.taps * shape.depth * strips_ * tile_columns})) {
    cpu::parallel_for(strips_, 1, [&, this](std::int64_t begin, std::int64_t end) {
      for (const DepthBlock& block : blocks)
        pack(begin, end, block.begin, block.end, of(block) + block.size() * begin * tile_columns);
    });
  }
  /// All strips of a block.
  float* of(const DepthBlock& block) { return packed_.data<float>() + block.begin * strips_ * tile_columns; }

 private:
  std::int64_t strips_;
  Tensor packed_;  // [block][strip][term][tile_columns]
};

/// The whole product on all threads.
///   rows(r, sources, gathered): writes where the taps' rows are, `depth` values each, to sources[t tile_rows], t < taps;
///   returns where row r of the output begins, as the epilogue counts. With shape.gathered, `gathered` has room for
///   the taps' rows, else it is null.
///   pack(strip, strip_end, begin, end, destination): writes terms [begin, end) of strips [strip, strip_end) of b as
///   [strip][term][tile_columns], with zeros beyond `columns`
///   store(sums, at, column): the epilogue, called once a value of the output, for vectors of columns or single ones
/// Many rows: the strips are packed once and the rows are split. Few rows: the strips are split, and each thread packs
/// its own, some at a time, so that they are still in its cache when they are used. Workspace: rows split: all packed
/// strips; strips split: a few hundred KiB a thread.
template <class Rows, class Pack, class Store>
void row_gemm(const RowGemmShape& shape, const Rows& rows, const Pack& pack, const Store& store) {
  const std::int64_t strips = shape.strips();
  if (shape.rows == 0 || strips == 0) return;
  const std::vector<DepthBlock> blocks = depth_blocks(shape.taps, shape.depth);

  if (shape.rows > row_block * cpu::thread_count() / 2) {
    PackedColumns packed(shape, blocks, pack);
    const std::int64_t row_tiles = (shape.rows + tile_rows - 1) / tile_rows;
    cpu::parallel_for(row_tiles, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t row_end = std::min(shape.rows, end * tile_rows);
      RowGemmPart part(shape, blocks, rows, store, row_block, strips);
      for (std::int64_t row = begin * tile_rows; row < row_end; row += row_block) {
        part.take_rows(row, std::min(row + row_block, row_end), std::min(row + 2 * row_block, row_end));
        for (std::size_t b = 0; b < blocks.size(); ++b) part.multiply(b, packed.of(blocks[b]), 0, strips);
      }
    });
  } else {
    cpu::parallel_for(strips, 1, [&](std::int64_t begin, std::int64_t end) {
      RowGemmPart part(shape, blocks, rows, store, shape.rows, strips_packed);
      Tensor packed = Tensor::empty({strips_packed * depth_block * tile_columns});
      float* const to = packed.data<float>();
      for (std::int64_t row = 0; row < shape.rows; row += row_block) {
        part.take_rows(row, std::min(row + row_block, shape.rows), std::min(row + row_block, shape.rows));
        for (std::int64_t strip = begin; strip < end; strip += strips_packed) {
          const std::int64_t count = std::min(strips_packed, end - strip);
          for (std::size_t b = 0; b < blocks.size(); ++b) {
            pack(strip, strip + count, blocks[b].begin, blocks[b].end, to);
            part.multiply(b, to, strip, count);
          }
        }
      }
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
