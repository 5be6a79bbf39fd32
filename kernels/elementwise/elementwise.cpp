#include "kernels/elementwise/elementwise.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void add(const Tensor& a, const Tensor& b, Tensor& out) {
  expect_tensor(a, a.shape(), DType::f32, "add", "a");
  expect_tensor(b, a.shape(), DType::f32, "add", "b");
  expect_tensor(out, a.shape(), DType::f32, "add", "out");
  expect_device("add", a.device(), a, b, out);
  expect_backend("add", a.device());
  cpu::add(a, b, out);
}

void add_bias(const Tensor& bias, Tensor& y) {
  expect(y.defined() && y.shape().rank() >= 1, "add_bias: expected y of f32 [..., C], found {}", describe(y));
  expect_tensor(y, y.shape(), DType::f32, "add_bias", "y");
  expect_tensor(bias, {y.shape()[-1]}, DType::f32, "add_bias", "bias");
  expect_device("add_bias", y.device(), bias, y);
  expect_backend("add_bias", y.device());
  cpu::add_bias(bias, y);
}

void scale(float factor, Tensor& x) {
  expect_tensor(x, x.shape(), DType::f32, "scale", "x");
  expect_backend("scale", x.device());
  cpu::scale(factor, x);
}

}  // namespace hypersphere
