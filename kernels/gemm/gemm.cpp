#include "kernels/gemm/gemm.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c) {
  const auto matrix = [](const Tensor& x) { return x.defined() && x.shape().rank() == 2; };
  expect(matrix(a) && matrix(b) && matrix(c), "gemm: expected three f32 matrices, found a {}, b {}, c {}",
         describe(a), describe(b), describe(c));
  expect_float("gemm", "a", a);
  expect_tensor(b, b.shape(), a.dtype(), "gemm", "b");
  expect_tensor(c, c.shape(), DType::f32, "gemm", "c");
  const bool ta = transpose_a == Transpose::yes, tb = transpose_b == Transpose::yes;
  const std::int64_t m = a.shape()[ta ? 1 : 0], k = a.shape()[ta ? 0 : 1];
  const std::int64_t k_of_b = b.shape()[tb ? 1 : 0], n = b.shape()[tb ? 0 : 1];
  expect(k == k_of_b && c.shape() == Shape({m, n}), "gemm: the shapes {}{} and {}{} do not give {}",
         to_string(a.shape()), ta ? " transposed" : "", to_string(b.shape()), tb ? " transposed" : "",
         to_string(c.shape()));
  expect_device("gemm", a.device(), b, c);
  HYPERSPHERE_DISPATCH(a.device(), gemm, transpose_a, transpose_b, a, b, beta, c);
}

}  // namespace hypersphere
