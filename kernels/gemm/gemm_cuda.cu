#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/settings.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_cublaslt.h"
#include "kernels/gemm/gemm_kernels.cuh"
#include "kernels/gemm/split_sum.h"

namespace hypersphere::cuda {
namespace {

struct Extents {
  int rows, columns, depth;
};

template <class Tile, class SourceA, class SourceB>
void multiply(const SourceA& a, const SourceB& b, Extents extents, float beta, float* c) {
  const std::int64_t tiles = divide_up(extents.rows, Tile::rows) * divide_up(extents.columns, Tile::columns);
  const int splits = choose_splits(tiles, divide_up(extents.depth, Tile::depth), 4);
  const std::int64_t size = std::int64_t{extents.rows} * extents.columns;
  const bool vectors = extents.columns % 4 == 0;
  const Launch launch_of = {"gemm_kernel", {tiles, 1, splits}, Tile::threads, Tile::shared_bytes};
  if (splits == 1) {
    launch(launch_of, gemm_kernel<Tile, SourceA, SourceB>, a, b, extents.depth, extents.rows, extents.columns,
           MatrixOutput{c, extents.columns, beta, vectors && aligned(16, {c})});
    return;
  }
  Tensor parts = Tensor::empty({splits, size}, DType::f32, Device::cuda);
  launch(launch_of, gemm_kernel<Tile, SourceA, SourceB>, a, b, extents.depth, extents.rows, extents.columns,
         MatrixOutput{parts.data<float>(), extents.columns, 0, vectors});
  sum_parts(parts.data<float>(), size, splits, beta, c);
}

// Calls body(source of op(matrix)) with the matrix's rows as the product's rows (or, of b, its columns).
template <class Element, class Body>
void with_source(const Tensor& matrix, bool k_is_inner, const Body& body) {
  const Element* data = matrix.data<Element>();
  const std::int64_t stride = matrix.shape()[1];
  if (k_is_inner)
    body(RowsOfMatrix<Element>{data, stride, static_cast<int>(matrix.shape()[0])});
  else
    body(ColumnsOfMatrix<Element>{data, stride});
}

template <class Element>
void multiply_by_layout(bool transpose_a, bool transpose_b, const Tensor& a, const Tensor& b, Extents extents,
                        float beta, Tensor& c) {
  const auto whole = [](const Tensor& matrix) {
    return matrix.shape()[1] * static_cast<std::int64_t>(sizeof(Element)) % 16 == 0 &&
           aligned(16, {matrix.raw()});
  };
  const bool whole_vectors = whole(a) && whole(b);
  with_source<Element>(a, !transpose_a, [&](const auto& source_a) {
    with_source<Element>(b, transpose_b, [&](const auto& source_b) {
      if (std::is_same_v<Element, float> && matrix_precision() == MatrixPrecision::fp32) {
        if constexpr (std::is_same_v<Element, float>)
          multiply<FmaTile>(source_a, source_b, extents, beta, c.data<float>());
      } else if (whole_vectors) {
        multiply<MmaTile<Element, 128, 64, 2, 2, true>>(source_a, source_b, extents, beta, c.data<float>());
      } else {
        multiply<MmaTile<Element, 64, 64, 2, 2, false>>(source_a, source_b, extents, beta, c.data<float>());
      }
    });
  });
}

}  // namespace

int choose_splits(std::int64_t tiles, std::int64_t steps, std::int64_t least_steps) {
  constexpr std::int64_t blocks_at_once = 2 * 132;  // two a multiprocessor of an H100
  const std::int64_t wanted = std::max<std::int64_t>(1, blocks_at_once / std::max<std::int64_t>(tiles, 1));
  return static_cast<int>(std::clamp<std::int64_t>(std::min(wanted, steps / least_steps), 1, 128));
}

void sum_parts(const float* parts, std::int64_t count, int splits, float beta, float* out) {
  constexpr unsigned block = 256;
  launch({"sum_parts_kernel", {blocks_for(count, block)}, block}, sum_parts_kernel, parts, count, splits,
         beta, out);
}

void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c) {
  const bool ta = transpose_a == Transpose::yes, tb = transpose_b == Transpose::yes;
  const std::int64_t depth = a.shape()[ta ? 0 : 1];
  constexpr std::int64_t most = std::numeric_limits<int>::max() / 2;
  expect(std::max({c.shape()[0], c.shape()[1], depth}) <= most,
         "gemm: expected extents of at most {} on cuda, found {} by {} with a sum over {}", most,
         c.shape()[0], c.shape()[1], depth);
  if (c.size() == 0) return;
  if constexpr (cublaslt::in_this_build)
    if (gemm_engine() == GemmEngine::cublaslt && depth > 0)
      return cublaslt::gemm(transpose_a, transpose_b, a, b, beta, c);
  const Extents extents = {static_cast<int>(c.shape()[0]), static_cast<int>(c.shape()[1]),
                           static_cast<int>(depth)};
  if (a.dtype() == DType::bf16)
    multiply_by_layout<Bf16>(ta, tb, a, b, extents, beta, c);
  else
    multiply_by_layout<float>(ta, tb, a, b, extents, beta, c);
}

}  // namespace hypersphere::cuda
