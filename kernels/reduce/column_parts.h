// Sums over rows on a GPU: each block sums a run of rows (column_parts.cuh), then the blocks' parts are
// added, both in an order that depends on the shape alone.
#pragma once

#include <algorithm>

#include "kernels/cuda/launch.h"
#include "tensor/tensor.h"

namespace hypersphere::cuda {

/// The launch of a kernel made of sum_columns<width>: grid (parts, tiles) of column_block threads, each of
/// which has `width` neighbouring channels and every so many rows of its block's.
struct ColumnParts {
  static constexpr unsigned block = 256;
  std::int64_t parts, tiles;

  ColumnParts(std::int64_t rows, std::int64_t channels, int width) {
    constexpr std::int64_t most = 1056;    // 132 multiprocessors of 8 blocks
    constexpr std::int64_t rows_each = 8;  // that are worth a block's sums
    const std::int64_t across = std::min<std::int64_t>(channels / width, block), down = block / across;
    tiles = divide_up(channels / width, block);
    parts = std::clamp<std::int64_t>(rows / (down * rows_each), 1, std::max<std::int64_t>(1, most / tiles));
  }
};

/// out[c] = sum over k of parts[k, c]; parts f32 [K, C], out f32 [C].
void add_parts(const Tensor& parts, Tensor& out);

/// Calls sum(launch, parts) to have the parts written to f32 [launch.parts, channels], and adds them to
/// `out`. Both are the same where one part is enough. channels > 0.
template <class Sum>
void sum_in_parts(std::int64_t rows, std::int64_t channels, int width, Tensor& out, const Sum& sum) {
  const ColumnParts launch(rows, channels, width);
  if (launch.parts == 1) {
    sum(launch, out.data<float>());
    return;
  }
  Tensor parts = Tensor::empty({launch.parts, channels}, DType::f32, Device::cuda);
  sum(launch, parts.data<float>());
  add_parts(parts, out);
}

}  // namespace hypersphere::cuda
