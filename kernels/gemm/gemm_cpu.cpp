// The CPU's matrix product: row_gemm with one tap.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/gemm_cpu.cpp"
#include <hwy/foreach_target.h>

#include "kernels/cpu/transpose.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/row_gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

/// c = a op(b) (+ c if keep); a: [m, k].
void gemm_rows(const Tensor& a, const Tensor& b, bool transpose_b, bool keep, Tensor& c) {
  const std::int64_t m = c.shape()[0], n = c.shape()[1], k = a.shape()[1];
  const RowGemmShape shape{m, 1, k, n};
  const float* const left = a.data<float>();
  const float* const right = b.data<float>();
  float* const result = c.data<float>();
  const auto pack = [&](std::int64_t strip, float* to) {
    const std::int64_t column = strip * tile_columns, width = std::min(tile_columns, n - column);
    if (transpose_b)
      cpu::pack_transposed(right + column * k, k, width, k, tile_columns, to);
    else
      cpu::pack_columns(right + column, n, width, k, tile_columns, to);
  };
  row_gemm(
      shape, [&](std::int64_t r, std::int64_t) { return left + r * k; }, pack,
      [&](std::int64_t r) { return result + r * n; }, nullptr, keep);
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(gemm_rows);

namespace cpu {

void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c) {
  if (a.shape()[transpose_a == Transpose::yes ? 0 : 1] == 0) {  // an empty sum
    if (beta == 0)
      c.set_zero();
    else
      hypersphere::scale(beta, c);
    return;
  }
  // The rows of op(a) must be contiguous in k. A transposed copy costs m k of memory traffic against m n k of
  // work.
  Tensor rows = a;
  if (transpose_a == Transpose::yes) {
    rows = Tensor::empty({a.shape()[1], a.shape()[0]});
    transpose(a.data<float>(), a.shape()[0], a.shape()[1], rows.data<float>());
  }
  if (beta != 0 && beta != 1) hypersphere::scale(beta, c);
  HWY_DYNAMIC_DISPATCH(gemm_rows)(rows, b, transpose_b == Transpose::yes, beta != 0, c);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
