// Where the tiles of a product come from. A product here is
//
//   sums[m, n] = sum over k of a(m, k) b(n, k)
//
// and k runs over taps (of a convolution; a plain matrix has one) and, within a tap, over a `depth` of channels. It is
// cut into steps: a step is a tap and some neighbouring channels of it. Both tile engines (mma_tile.cuh, fma_tile.cuh)
// walk the steps in the same order and ask a source for addresses. A source has one of two layouts:
//
//   k_inner: neighbours in memory are neighbours in k. The source gives the address of (row m or n, step's first k).
//   k_outer: neighbours in memory are neighbours in m or n. The source gives the address of (step's k, column 0).
//
// An address of null stands for zeros: the padding of an image.
#pragma once

#include "kernels/cuda/device.cuh"

namespace hypersphere::cuda {

enum class Layout { k_inner, k_outer };

/// A point in the sum: a tap and a first channel.
struct Step {
  int tap_y = 0, tap_x = 0, channel = 0;
};

/// The steps of a sum over taps_y x taps_x taps and channels [begin, end) of each.
struct Steps {
  int taps_y = 1, taps_x = 1, begin = 0, end = 0;

  /// How many there are, `width` channels each.
  __device__ __forceinline__ int count(int width) const {
    return taps_y * taps_x * ((end - begin + width - 1) / width);
  }
  __device__ __forceinline__ Step first() const { return {0, 0, begin}; }
  __device__ __forceinline__ void advance(Step& step, int width) const {
    step.channel += width;
    if (step.channel < end) return;
    step.channel = begin;
    if (++step.tap_x < taps_x) return;
    step.tap_x = 0;
    ++step.tap_y;
  }
};

/// The type that holds a thread's sums of a tile.
template <class Tile>
struct SumsOf;

/// What is kept of each row of a k_inner source while a tile is computed; nothing of a k_outer one.
template <class Source, bool has_rows = Source::layout == Layout::k_inner>
struct RowOf {
  struct Type {};
};
template <class Source>
struct RowOf<Source, true> {
  using Type = typename Source::Row;
};

/// A matrix [rows, depth] with `stride` elements from row to row.
template <class Element_>
struct RowsOfMatrix {
  using Element = Element_;
  static constexpr Layout layout = Layout::k_inner;
  const Element* data;
  std::int64_t stride;
  int rows;

  using Row = const Element*;
  __device__ __forceinline__ Row row(int index) const {
    return index < rows ? data + index * stride : nullptr;
  }
  __device__ __forceinline__ const Element* address(Row row, Step step) const {
    return row == nullptr ? nullptr : row + step.channel;
  }
};

/// A matrix [depth, columns] with `stride` elements from row to row.
template <class Element_>
struct ColumnsOfMatrix {
  using Element = Element_;
  static constexpr Layout layout = Layout::k_outer;
  const Element* data;
  std::int64_t stride;

  __device__ __forceinline__ const Element* address(Step, int k) const { return data + k * stride; }
};

}  // namespace hypersphere::cuda
