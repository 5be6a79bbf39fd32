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

/// The epilogue of a product: c = sum, or c += sum.
struct StoreProduct {
  float* c;
  bool keep;

  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t) const {
    const Floats d;
    hn::StoreU(keep ? hn::Add(sum, hn::LoadU(d, c + at)) : sum, d, c + at);
  }
  HWY_INLINE void operator()(float sum, std::int64_t at, std::int64_t) const {
    c[at] = keep ? c[at] + sum : sum;
  }
};

/// The same where the product's columns are the rows of c, `step` values apart.
struct StoreTransposed {
  float* c;
  std::int64_t step;
  bool keep;

  HWY_INLINE void operator()(Vector sum, std::int64_t at, std::int64_t column) const {
    HWY_ALIGN float values[lanes];
    hn::Store(sum, Floats(), values);
    for (std::int64_t j = 0; j < lanes; ++j) (*this)(values[j], at + j, column + j);
  }
  /// at = row + column: the driver counts columns one apart.
  HWY_INLINE void operator()(float sum, std::int64_t at, std::int64_t column) const {
    float& target = c[at - column + column * step];
    target = keep ? target + sum : sum;
  }
};

/// c (+)= a op(b), with a: [m, k].
template <class Place, class Store>
void gemm_rows(const Tensor& a, const Tensor& b, bool transpose_b, const Place& place, const Store& store) {
  const std::int64_t m = a.shape()[0], k = a.shape()[1], n = b.shape()[transpose_b ? 0 : 1];
  const float* const left = a.data<float>();
  const float* const right = b.data<float>();
  const auto rows = [&](std::int64_t r, const float** source, float*) {
    *source = left + r * k;
    return place(r);
  };
  const auto pack = [&](std::int64_t strip, std::int64_t strip_end, std::int64_t begin, std::int64_t end,
                        float* to) {
    const std::int64_t column = strip * tile_columns, width = std::min(strip_end * tile_columns, n) - column;
    if (transpose_b)
      cpu::pack_strips_transposed(right + column * k + begin, k, width, end - begin, tile_columns, to);
    else
      cpu::pack_strips(right + begin * n + column, n, width, end - begin, tile_columns, to);
  };
  row_gemm({m, 1, k, n}, rows, pack, store);
}

/// c = a op(b) (+ c if keep); a: [m, k].
void multiply(const Tensor& a, const Tensor& b, bool transpose_b, bool keep, Tensor& c) {
  const std::int64_t m = c.shape()[0], n = c.shape()[1];
  float* const result = c.data<float>();
  if (transpose_b && m < n)  // c^T = b a^T: the larger factor passes by unpacked
    gemm_rows(
        b, a, true, [](std::int64_t r) { return r; }, StoreTransposed{result, n, keep});
  else
    gemm_rows(
        a, b, transpose_b, [n](std::int64_t r) { return r * n; }, StoreProduct{result, keep});
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(multiply);

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
  HWY_DYNAMIC_DISPATCH(multiply)(rows, b, transpose_b == Transpose::yes, beta != 0, c);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
