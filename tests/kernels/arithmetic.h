// The kinds of arithmetic that products (matrix product, convolution) are tested in.
#pragma once

#include "kernels/cuda/settings.h"
#include "tests/kernels/types.h"

namespace hypersphere::test {

/// A device, the type of the tensors, and what f32 tensors are multiplied in.
struct Arithmetic {
  Device device = Device::cpu;
  DType dtype = DType::f32;
  cuda::MatrixPrecision precision = cuda::MatrixPrecision::fp32;

  std::string name() const {
    const bool tf32 = precision == cuda::MatrixPrecision::tf32;
    return std::string(to_string(device)) + " " + std::string(tf32 ? "tf32" : to_string(dtype));
  }
  /// On the relative error of what is written in `dtype`.
  double bound() const { return bound_of(dtype); }

  /// Normal values on the device. For tf32 they are rounded to bf16 too: then every product is exact, and the result is
  /// as near to the oracle's as in f32.
  Tensor random(Shape shape) const {
    const Tensor values = random_tensor(shape);
    if (dtype == DType::f32 && precision == cuda::MatrixPrecision::fp32) return values.to(device);
    return on(device, converted(values, DType::bf16), dtype);
  }
  /// Every byte 0xFF: NaN.
  Tensor poisoned(Shape shape) const { return poisoned_on(device, shape, dtype); }

  /// Sets the precision while it is alive.
  struct Scope {
    explicit Scope(const Arithmetic& arithmetic) { cuda::set_matrix_precision(arithmetic.precision); }
    ~Scope() { cuda::set_matrix_precision(cuda::MatrixPrecision::fp32); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
};

inline std::vector<Arithmetic> arithmetics() {
  std::vector<Arithmetic> all;
  for (const Device device : devices()) {
    all.push_back({device, DType::f32, cuda::MatrixPrecision::fp32});
    if (device != Device::cuda) continue;
    all.push_back({device, DType::f32, cuda::MatrixPrecision::tf32});
    all.push_back({device, DType::bf16, cuda::MatrixPrecision::fp32});
  }
  return all;
}

}  // namespace hypersphere::test
