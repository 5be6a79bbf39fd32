#include "kernels/elementwise/elementwise.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void add(const Tensor& a, const Tensor& b, Tensor& out) {
  expect_float("add", "a", a);
  expect_tensor(b, a.shape(), a.dtype(), "add", "b");
  expect_tensor(out, a.shape(), a.dtype(), "add", "out");
  expect_device("add", a.device(), a, b, out);
  HYPERSPHERE_DISPATCH(a.device(), add, a, b, out);
}

void add_bias(const Tensor& bias, Tensor& y) {
  expect(y.defined() && y.shape().rank() >= 1, "add_bias: expected y of [..., C], found {}", describe(y));
  expect_float("add_bias", "y", y);
  expect_tensor(bias, {y.shape()[-1]}, DType::f32, "add_bias", "bias");
  expect_device("add_bias", y.device(), bias, y);
  HYPERSPHERE_DISPATCH(y.device(), add_bias, bias, y);
}

void scale(float factor, Tensor& x) {
  expect_tensor(x, x.shape(), DType::f32, "scale", "x");
  HYPERSPHERE_DISPATCH(x.device(), scale, factor, x);
}

void fill(float value, Tensor& x) {
  expect_tensor(x, x.shape(), DType::f32, "fill", "x");
  HYPERSPHERE_DISPATCH(x.device(), fill, value, x);
}

void convert(const Tensor& from, Tensor& to) {
  const auto fits = [](const Tensor& t) {
    return t.defined() && (t.dtype() == DType::f32 || t.dtype() == DType::bf16);
  };
  expect(fits(from) && fits(to) && from.shape() == to.shape(),
         "convert: expected two tensors of one shape, f32 or bf16, found from {}, to {}", describe(from),
         describe(to));
  expect_device("convert", from.device(), to);
  HYPERSPHERE_DISPATCH(from.device(), convert, from, to);
}

Tensor converted(const Tensor& from, DType dtype) {
  if (from.dtype() == dtype) return from;
  Tensor to = Tensor::empty(from.shape(), dtype, from.device());
  convert(from, to);
  return to;
}

}  // namespace hypersphere
