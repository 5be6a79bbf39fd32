#include "kernels/reduce/reduce.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void column_sum(const Tensor& x, Tensor& out) {
  expect(x.defined() && x.shape().rank() >= 1, "column_sum: expected x of f32 [..., C], found {}",
         describe(x));
  expect_tensor(x, x.shape(), DType::f32, "column_sum", "x");
  expect_tensor(out, {x.shape()[-1]}, DType::f32, "column_sum", "out");
  expect_device("column_sum", x.device(), x, out);
  expect_backend("column_sum", x.device());
  cpu::column_sum(x, out);
}

double sum_of_squares(const Tensor& x) {
  expect_tensor(x, x.shape(), DType::f32, "sum_of_squares", "x");
  expect_backend("sum_of_squares", x.device());
  return cpu::sum_of_squares(x);
}

bool all_finite(const Tensor& x) {
  expect_tensor(x, x.shape(), DType::f32, "all_finite", "x");
  expect_backend("all_finite", x.device());
  return cpu::all_finite(x);
}

}  // namespace hypersphere
