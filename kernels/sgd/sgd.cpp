#include "kernels/sgd/sgd.h"

#include "kernels/dispatch.h"

namespace hypersphere {

void sgd_update(std::span<const SgdParameter> parameters, SgdOptions options, const Tensor& guard) {
  constexpr const char* where = "sgd_update";
  if (parameters.empty()) return;
  const Device device = parameters[0].w.defined() ? parameters[0].w.device() : Device::cpu;
  for (const auto& [w, v, g, rate_multiplier, decay_multiplier] : parameters) {
    expect_tensor(w, w.shape(), DType::f32, where, "w");
    expect_tensor(v, w.shape(), DType::f32, where, "v");
    expect_tensor(g, w.shape(), DType::f32, where, "g");
    expect_device(where, device, w, v, g);
  }
  if (guard.defined()) expect_tensor(guard, guard.shape(), DType::f32, where, "guard");
  expect_device(where, device, guard);
  HYPERSPHERE_DISPATCH(device, sgd_update, parameters, options, guard);
}

}  // namespace hypersphere
