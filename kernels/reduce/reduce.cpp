#include "kernels/reduce/reduce.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void column_sum(const Tensor& x, Tensor& out) {
  expect(x.defined() && x.shape().rank() >= 1, "column_sum: expected x of [..., C], found {}", describe(x));
  expect_float("column_sum", "x", x);
  expect_tensor(out, {x.shape()[-1]}, DType::f32, "column_sum", "out");
  expect_device("column_sum", x.device(), x, out);
  HYPERSPHERE_DISPATCH(x.device(), column_sum, x, out);
}

void sum_of_squares(std::span<const Tensor> parts, Tensor& sum) {
  constexpr const char* where = "sum_of_squares";
  expect(sum.defined() && sum.dtype() == DType::f32 && sum.size() == 1,
         "{}: expected sum of one element of f32, found {}", where, describe(sum));
  for (const Tensor& part : parts) {
    expect_tensor(part, part.shape(), DType::f32, where, "a part");
    expect_device(where, sum.device(), part);
  }
  HYPERSPHERE_DISPATCH(sum.device(), sum_of_squares, parts, sum);
}

}  // namespace hypersphere
