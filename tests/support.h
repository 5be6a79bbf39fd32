// What the tests share: the error measure, random tensors from a printed seed, poisoned outputs.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace hypersphere::test {

/// |out - reference| / |reference| in the 2-norm, or / `least` where the reference is shorter than that, as what is left of
/// terms that cancel may be; the plain |out - reference| where both are zero. NaN or a difference in length gives infinity, so
/// that no bound lets it pass.
template <class Out, class Reference>
double relative_error(const Out& out, const Reference& reference, double least = 0) {
  if (std::size(out) != std::size(reference)) return std::numeric_limits<double>::infinity();
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < std::size(out); ++i) {
    const double d = static_cast<double>(out[i]) - static_cast<double>(reference[i]);
    difference += d * d;
    norm += static_cast<double>(reference[i]) * static_cast<double>(reference[i]);
  }
  const double length = std::max(std::sqrt(norm), least);
  const double error = length > 0 ? std::sqrt(difference) / length : std::sqrt(difference);
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

/// Whether shape, type and every bit of two tensors agree, wherever they are.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.to(Device::cpu), y = b.to(Device::cpu);
  return x.shape() == y.shape() && x.dtype() == y.dtype() && std::memcmp(x.raw(), y.raw(), x.bytes()) == 0;
}

/// The seed of this process's random inputs: HYPERSPHERE_TEST_SEED or one drawn from the clock. Printed once.
std::uint64_t test_seed();

/// Standard normal values, fresh for every call within a process, reproducible from test_seed().
Tensor random_tensor(Shape shape, float scale = 1.0f);
/// Uniform class labels in [0, classes).
Tensor random_labels(std::int64_t count, std::int64_t classes);
/// Every byte 0xFF: NaN as float, so that an element that is never written is noticed.
Tensor poisoned(Shape shape);

/// The values of an f32 or bf16 tensor on any device.
std::vector<double> to_double(const Tensor& tensor);
Tensor from_double(const std::vector<double>& values, Shape shape);

}  // namespace hypersphere::test
