// The choice of backend. An operation's public function checks its arguments once and then calls the backend
// of the device that holds them; a backend function may assume checked arguments.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// Throws Error unless every tensor lies on `device`; undefined tensors (absent optional arguments) pass.
template <class... Tensors>
void expect_device(const char* where, Device device, const Tensors&... tensors) {
  const auto one = [&](const Tensor& tensor) {
    expect(!tensor.defined() || tensor.device() == device, "{}: expected every tensor on {}, found {}", where,
           to_string(device), describe(tensor));
  };
  (one(tensors), ...);
}

/// Throws Error for a device whose backend is not part of this build.
inline void expect_backend(const char* where, Device device) {
  expect(device == Device::cpu, "{}: this build has no {} backend; use --device cpu", where,
         to_string(device));
}

}  // namespace hypersphere
