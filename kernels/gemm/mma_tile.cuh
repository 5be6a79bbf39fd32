// A block's tile of a product on the tensor cores, in bf16 or tf32 with f32 sums.
//
// The block's threads copy a piece of either factor, 128 bytes deep in k, to shared memory (cp.async, `stages` pieces
// ahead), warps read fragments from there (ldmatrix) and multiply (mma.sync). Pieces are kept so that neither the copies
// nor the reads of eight rows meet in a bank: the 16-byte chunks of a row are permuted by an exclusive or with the row
// ("swizzle"). f32 factors are used in tf32, which has the same layout seen as bytes.
#pragma once

#include "kernels/cuda/ptx.cuh"
#include "kernels/gemm/tile_sources.cuh"

namespace hypersphere::cuda {

/// How large a tile is and who computes it: rows x columns sums by warps_m x warps_n warps. `whole_vectors`: every
/// extent along memory is a multiple of 16 bytes and so are all addresses; otherwise elements are copied one by one.
template <class Element_, int rows_, int columns_, int warps_m_, int warps_n_, bool whole_vectors_>
struct MmaTile {
  using Element = Element_;
  static constexpr int rows = rows_, columns = columns_, warps_m = warps_m_, warps_n = warps_n_;
  static constexpr bool whole_vectors = whole_vectors_, on_tensor_cores = true;
  static constexpr int threads = warps_m * warps_n * 32;
  static constexpr int stages = 3;
  static constexpr int depth = 128 / sizeof(Element);                                   // k of a piece
  static constexpr int vector = 16 / sizeof(Element);                                   // elements of a chunk
  static constexpr int a_bytes = rows * 128, b_bytes = columns * 128;                   // of a piece
  static constexpr int tiles_m = rows / warps_m / 16, tiles_n = columns / warps_n / 8;  // of mma, a warp
  static constexpr int staging_stride = columns + 8;  // floats; eight more, so that rows do not meet in banks
  static constexpr int pipeline_bytes = stages * (a_bytes + b_bytes);
  static constexpr int staging_bytes = rows * staging_stride * static_cast<int>(sizeof(float));
  /// Dynamic shared memory of the block.
  static constexpr int shared_bytes = pipeline_bytes > staging_bytes ? pipeline_bytes : staging_bytes;
  static_assert(tiles_n % 2 == 0, "two mma tiles of b are read at once");
};

/// Copies pieces of one factor. `extent` is the tile's rows or columns on this side, `limit` where the factor ends.
template <class Tile, class Source, int extent>
class PieceLoader {
  using Element = typename Tile::Element;
  static constexpr bool inner = Source::layout == Layout::k_inner;
  static constexpr int vector = Tile::vector;
  static constexpr int chunks = inner ? 8 : extent / vector;  // of a row of the piece
  static constexpr int lines = inner ? extent : Tile::depth;  // rows of the piece
  static constexpr int at_once = Tile::threads / chunks;      // rows copied by all threads together
  static constexpr int rounds = lines / at_once;
  static_assert(lines % at_once == 0 && Tile::threads % chunks == 0);

 public:
  /// `first`: the tile's first row or column in the factor.
  __device__ __forceinline__ PieceLoader(const Source& source, int first, int limit)
      : source_(source),
        first_(first),
        limit_(limit),
        line_(threadIdx.x / chunks),
        chunk_(threadIdx.x % chunks) {
    if constexpr (inner)
      for (int i = 0; i < rounds; ++i) rows_[i] = source.row(first + static_cast<int>(line_) + i * at_once);
  }

  /// Starts the copy of one step's piece; channels from `end` on are zeros.
  __device__ __forceinline__ void load(unsigned char* piece, Step step, int end) {
    for (int i = 0; i < rounds; ++i) {
      const int line = static_cast<int>(line_) + i * at_once;
      const Element* from = nullptr;
      int position = 0, last = 0;  // of the chunk along memory, and where the factor ends there
      if constexpr (inner) {
        position = static_cast<int>(chunk_) * vector;
        last = end - step.channel;
        from = source_.address(rows_[i], step);
      } else {
        position = first_ + static_cast<int>(chunk_) * vector;
        last = limit_;
        if (step.channel + line < end) from = source_.address(step, step.channel + line);
      }
      unsigned char* const to = piece + offset(line, static_cast<int>(chunk_));
      if constexpr (Tile::whole_vectors) {
        const bool valid = from != nullptr && position < last;
        copy_async<16>(to, valid ? from + position : source_.data, valid);
      } else if constexpr (sizeof(Element) == 4) {
        for (int e = 0; e < vector; ++e) {
          const bool valid = from != nullptr && position + e < last;
          copy_async<4>(to + 4 * e, valid ? from + position + e : source_.data, valid);
        }
      } else {
        for (int e = 0; e < vector; ++e) {
          const bool valid = from != nullptr && position + e < last;
          reinterpret_cast<Element*>(to)[e] = valid ? from[position + e] : Element{};
        }
      }
    }
  }

  /// Where chunk `chunk` of row `line` of a piece lies.
  __device__ __forceinline__ static int offset(int line, int chunk) {
    if constexpr (inner) return line * 128 + ((chunk ^ (line & 7)) * 16);
    // Fragments of k_outer pieces are read by 8 rows of one chunk (bf16, transposed by ldmatrix), or by 4 rows of two
    // chunks (tf32, word by word: ldmatrix transposes 16-bit elements only).
    const int swizzle = sizeof(Element) == 2 ? line & 7 : (line & 3) * 2;
    return line * chunks * 16 + ((chunk ^ swizzle) * 16);
  }

 private:
  const Source& source_;
  int first_, limit_;
  unsigned line_, chunk_;
  typename RowOf<Source>::Type rows_[inner ? rounds : 1];
};

/// The sums that a thread holds: of each mma tile, rows lane / 4 and lane / 4 + 8, columns 2 (lane mod 4) and the next.
template <class Tile>
struct MmaSums {
  float value[Tile::tiles_m][Tile::tiles_n][4];
};

template <class Element, int rows, int columns, int warps_m, int warps_n, bool whole_vectors>
struct SumsOf<MmaTile<Element, rows, columns, warps_m, warps_n, whole_vectors>> {
  using Type = MmaSums<MmaTile<Element, rows, columns, warps_m, warps_n, whole_vectors>>;
};

/// The fragment of 16 rows of `a` from row `row` of the piece on, for the k of slice `slice` (32 bytes of a row).
template <class Tile, class Loader, Layout layout>
__device__ __forceinline__ void load_a(std::uint32_t (&a)[4], const unsigned char* piece, int row,
                                       int slice) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  if constexpr (layout == Layout::k_inner) {
    load_matrices(a, piece + Loader::offset(row + lane % 16, 2 * slice + lane / 16));
  } else if constexpr (sizeof(typename Tile::Element) == 2) {
    load_matrices_transposed(
        a, piece + Loader::offset(16 * slice + lane / 16 * 8 + lane % 8, row / Tile::vector + lane / 8 % 2));
  } else {
    for (int i = 0; i < 4; ++i) {
      const int m = row + lane / 4 + 8 * (i % 2), k = 8 * slice + lane % 4 + 4 * (i / 2);
      a[i] = load_vector<std::uint32_t>(piece + Loader::offset(k, m / 4) + m % 4 * 4);
    }
  }
}

/// The fragments of two neighbouring mma tiles of `b`, 16 columns from `column` on: b[0], b[1] of the first and b[2],
/// b[3] of the second.
template <class Tile, class Loader, Layout layout>
__device__ __forceinline__ void load_b(std::uint32_t (&b)[4], const unsigned char* piece, int column,
                                       int slice) {
  const int lane = static_cast<int>(threadIdx.x % 32);
  if constexpr (layout == Layout::k_inner) {
    load_matrices(b, piece + Loader::offset(column + lane / 16 * 8 + lane % 8, 2 * slice + lane / 8 % 2));
  } else if constexpr (sizeof(typename Tile::Element) == 2) {
    load_matrices_transposed(b, piece + Loader::offset(16 * slice + lane / 8 % 2 * 8 + lane % 8,
                                                       column / Tile::vector + lane / 16));
  } else {
    for (int i = 0; i < 4; ++i) {
      const int n = column + lane / 4 + 8 * (i / 2), k = 8 * slice + lane % 4 + 4 * (i % 2);
      b[i] = load_vector<std::uint32_t>(piece + Loader::offset(k, n / 4) + n % 4 * 4);
    }
  }
}

/// Computes the sums of the tile at (first_row, first_column). `limit_a` and `limit_b` are the ends of m and n, which
/// matter for k_outer sources. All threads of the block take part; shared: Tile::shared_bytes, free again on return.
template <class Tile, class SourceA, class SourceB>
requires(Tile::on_tensor_cores) __device__ __forceinline__
    void multiply_tile(const SourceA& source_a, const SourceB& source_b, const Steps& steps, int first_row,
                       int first_column, int limit_a, int limit_b, unsigned char* shared,
                       typename SumsOf<Tile>::Type& sums) {
  using LoaderA = PieceLoader<Tile, SourceA, Tile::rows>;
  using LoaderB = PieceLoader<Tile, SourceB, Tile::columns>;
  constexpr int stages = Tile::stages, stage_bytes = Tile::a_bytes + Tile::b_bytes;
  for (int i = 0; i < Tile::tiles_m; ++i)
    for (int j = 0; j < Tile::tiles_n; ++j)
      for (int e = 0; e < 4; ++e) sums.value[i][j][e] = 0;

  LoaderA a_loader(source_a, first_row, limit_a);
  LoaderB b_loader(source_b, first_column, limit_b);
  const int count = steps.count(Tile::depth);
  Step next = steps.first();
  const auto load = [&](int index) {
    if (index < count) {
      unsigned char* const piece = shared + index % stages * stage_bytes;
      a_loader.load(piece, next, steps.end);
      b_loader.load(piece + Tile::a_bytes, next, steps.end);
      steps.advance(next, Tile::depth);
    }
    copy_async_commit();  // an empty group keeps the count of groups, and so the waits, the same for every step
  };
  for (int index = 0; index < stages - 1; ++index) load(index);

  const int warp = static_cast<int>(threadIdx.x / 32);
  const int row = warp / Tile::warps_n * (Tile::tiles_m * 16),
            column = warp % Tile::warps_n * (Tile::tiles_n * 8);
  for (int index = 0; index < count; ++index) {
    copy_async_wait<stages - 2>();  // piece `index` of this thread has arrived,
    __syncthreads();  // and everybody's; and nobody reads piece `index - 1` any more, whose place is next
    load(index + stages - 1);
    const unsigned char* const a_piece = shared + index % stages * stage_bytes;
    const unsigned char* const b_piece = a_piece + Tile::a_bytes;
    for (int slice = 0; slice < 4; ++slice) {
      std::uint32_t a[Tile::tiles_m][4], b[Tile::tiles_n / 2][4];
      for (int i = 0; i < Tile::tiles_m; ++i)
        load_a<Tile, LoaderA, SourceA::layout>(a[i], a_piece, row + 16 * i, slice);
      for (int j = 0; j < Tile::tiles_n / 2; ++j)
        load_b<Tile, LoaderB, SourceB::layout>(b[j], b_piece, column + 16 * j, slice);
      if constexpr (sizeof(typename Tile::Element) == 4) {
        for (int i = 0; i < Tile::tiles_m; ++i)
          for (int e = 0; e < 4; ++e) a[i][e] = round_to_tf32(a[i][e]);
        for (int j = 0; j < Tile::tiles_n / 2; ++j)
          for (int e = 0; e < 4; ++e) b[j][e] = round_to_tf32(b[j][e]);
      }
      for (int i = 0; i < Tile::tiles_m; ++i)
        for (int j = 0; j < Tile::tiles_n; ++j) {
          const std::uint32_t b0 = b[j / 2][j % 2 * 2], b1 = b[j / 2][j % 2 * 2 + 1];
          if constexpr (sizeof(typename Tile::Element) == 4)
            multiply_tf32(sums.value[i][j], a[i], b0, b1);
          else
            multiply_bf16(sums.value[i][j], a[i], b0, b1);
        }
    }
  }
  copy_async_wait<0>();
  __syncthreads();
}

/// Hands the sums to epilogue.write<width>(row, column, values), `width` neighbours of a row at a time, by way of shared
/// memory, so that neighbouring threads write neighbouring memory. Rows from `row_limit` on are left out; the epilogue
/// itself leaves out columns.
template <int width, class Tile, class Epilogue>
requires(Tile::on_tensor_cores) __device__ __forceinline__
    void write_tile(const typename SumsOf<Tile>::Type& sums, int first_row, int first_column, int row_limit,
                    unsigned char* shared, const Epilogue& epilogue) {
  float* const staging = reinterpret_cast<float*>(shared);
  const int lane = static_cast<int>(threadIdx.x % 32), warp = static_cast<int>(threadIdx.x / 32);
  const int row = warp / Tile::warps_n * (Tile::tiles_m * 16) + lane / 4;
  const int column = warp % Tile::warps_n * (Tile::tiles_n * 8) + lane % 4 * 2;
  for (int i = 0; i < Tile::tiles_m; ++i)
    for (int j = 0; j < Tile::tiles_n; ++j)
      for (int half = 0; half < 2; ++half)
        store_vector(staging + (row + 16 * i + 8 * half) * Tile::staging_stride + column + 8 * j,
                     float2{sums.value[i][j][2 * half], sums.value[i][j][2 * half + 1]});
  __syncthreads();
  constexpr int vectors = Tile::columns / width;
  for (int index = static_cast<int>(threadIdx.x); index < Tile::rows * vectors; index += Tile::threads) {
    const int tile_row = index / vectors, tile_column = index % vectors * width;
    if (first_row + tile_row >= row_limit) break;
    float values[width];
    for (int e = 0; e < width; e += 4) {
      const float4 four = load_vector<float4>(staging + tile_row * Tile::staging_stride + tile_column + e);
      values[e] = four.x, values[e + 1] = four.y, values[e + 2] = four.z, values[e + 3] = four.w;
    }
    epilogue.write(first_row + tile_row, first_column + tile_column, values);
  }
}

}  // namespace hypersphere::cuda
