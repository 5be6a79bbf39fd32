#include "kernels/sgd/sgd.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void sgd_update(const Tensor& g, SgdOptions options, Tensor& w, Tensor& v) {
  expect_tensor(w, w.shape(), DType::f32, "sgd_update", "w");
  expect_tensor(v, w.shape(), DType::f32, "sgd_update", "v");
  expect_tensor(g, w.shape(), DType::f32, "sgd_update", "g");
  expect_device("sgd_update", w.device(), g, w, v);
  expect_backend("sgd_update", w.device());
  cpu::sgd_update(g, options, w, v);
}

}  // namespace hypersphere
