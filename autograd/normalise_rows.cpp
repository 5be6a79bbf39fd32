#include "autograd/functions.h"
#include "kernels/elementwise/elementwise.h"

namespace hypersphere {

Variable normalise_rows(const Variable& x, float length) {
  const Tensor& value = x.value();
  expect(value.shape().rank() == 2, "normalise_rows: expected x [B, D], found {}", describe(value));
  const Device device = value.device();
  Tensor unit = Tensor::empty(value.shape(), DType::f32, device);
  Tensor x_length = Tensor::empty({value.shape()[0]}, DType::f32, device);
  normalise_rows(value, unit, x_length);
  Tensor y = unit;
  if (length != 1) {
    y = unit.clone();  // the backward pass needs the unit rows
    scale(length, y);
  }
  return Variable::record("normalise_rows", y, {x}, [=](const Tensor& dy) -> std::vector<Tensor> {
    Tensor dx = Tensor::empty(unit.shape(), DType::f32, device);
    normalise_rows_backward(unit, x_length, dy, dx);
    if (length != 1) scale(length, dx);
    return {dx};
  });
}

}  // namespace hypersphere
