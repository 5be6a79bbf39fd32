#include "kernels/prelu/prelu.h"

#include "kernels/dispatch.h"

namespace hypersphere {
namespace {

void expect_input(const char* where, const Tensor& x, const Tensor& slope) {
  expect(x.defined() && x.shape().rank() >= 1, "{}: expected x of [..., C], found {}", where, describe(x));
  expect_float(where, "x", x);
  expect_tensor(slope, {x.shape()[-1]}, DType::f32, where, "slope");
}

}  // namespace

void prelu_forward(const Tensor& x, const Tensor& slope, Tensor& y) {
  expect_input("prelu_forward", x, slope);
  expect_tensor(y, x.shape(), x.dtype(), "prelu_forward", "y");
  expect_device("prelu_forward", x.device(), x, slope, y);
  HYPERSPHERE_DISPATCH(x.device(), prelu_forward, x, slope, y);
}

void prelu_backward(const Tensor& x, const Tensor& slope, const Tensor& dy, Tensor& dx, Tensor& dslope) {
  expect_input("prelu_backward", x, slope);
  expect_tensor(dy, x.shape(), x.dtype(), "prelu_backward", "dy");
  expect_tensor(dx, x.shape(), x.dtype(), "prelu_backward", "dx");
  expect_tensor(dslope, slope.shape(), DType::f32, "prelu_backward", "dslope");
  expect_device("prelu_backward", x.device(), x, slope, dy, dx, dslope);
  HYPERSPHERE_DISPATCH(x.device(), prelu_backward, x, slope, dy, dx, dslope);
}

}  // namespace hypersphere
