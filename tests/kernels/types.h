// The element types that an operation on activations runs with on each device, and what its tests need for
// them.
#pragma once

#include <vector>

#include "kernels/elementwise/elementwise.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"

namespace hypersphere::test {

struct DeviceType {
  Device device;
  DType dtype;
};

/// f32 on every device, and bf16 on cuda.
inline std::vector<DeviceType> device_types() {
  std::vector<DeviceType> types;
  for (const Device device : devices()) {
    types.push_back({device, DType::f32});
    if (device == Device::cuda) types.push_back({device, DType::bf16});
  }
  return types;
}

/// `values` on `device`, rounded to `dtype`.
inline Tensor on(Device device, const Tensor& values, DType dtype) {
  Tensor rounded = Tensor::empty(values.shape(), dtype);
  convert(values, rounded);
  return rounded.to(device);
}

/// Normal values around 1, for what is summed: a sum around 0 has no bound on its relative error.
inline Tensor random_around_one(Shape shape) {
  Tensor tensor = random_tensor(shape);
  for (float& value : tensor.span<float>()) value += 1;
  return tensor;
}

/// Every byte 0xFF: NaN in either type.
inline Tensor poisoned_on(Device device, Shape shape, DType dtype = DType::f32) {
  Tensor tensor = Tensor::empty(shape, dtype);
  std::memset(tensor.raw(), 0xFF, tensor.bytes());
  return tensor.to(device);
}

/// The bound on relative_error for an output of `dtype`.
inline double bound_of(DType dtype) { return dtype == DType::bf16 ? bf16_bound : bound; }

/// What the emulator is to make of an array that a kernel of a few operations an element goes through: as
/// devices.h's emulated_work, since a thread costs it about as much as ten multiply-adds.
inline std::int64_t work_of(const Shape& shape) { return 10 * shape.size(); }

/// Whether the tensors of every call have the bits of the first call's.
class SameBits {
 public:
  bool operator()(const std::vector<Tensor>& tensors) {
    if (first_.empty()) {
      for (const Tensor& tensor : tensors) first_.push_back(tensor.clone());
      return true;
    }
    if (tensors.size() != first_.size()) return false;
    for (std::size_t i = 0; i < tensors.size(); ++i)
      if (!same_bits(tensors[i], first_[i])) return false;
    return true;
  }

 private:
  std::vector<Tensor> first_;
};

}  // namespace hypersphere::test
