#include "kernels/conv2d/algorithm_cpu.h"

#include <atomic>
#include <utility>

#include "kernels/conv2d/im2col_cpu.h"
#include "kernels/conv2d/winograd_cpu.h"

namespace hypersphere::cpu {
namespace {
std::atomic<bool> winograd_allowed = true;
}

const char* to_string(ConvAlgorithm algorithm) {
  switch (algorithm) {
    case ConvAlgorithm::direct:
      return "direct";
    case ConvAlgorithm::columns:
      return "columns";
    case ConvAlgorithm::winograd:
      return "winograd";
  }
  return "unknown";
}

ConvAlgorithm conv2d_algorithm(ConvDirection direction, const Shape& x, const Shape& w,
                               Conv2dOptions options) {
  if (winograd_allowed && winograd_applies(x, w, options)) return ConvAlgorithm::winograd;
  const bool columns = few_channels(w[3]) && w[1] * w[2] > 1 && direction != ConvDirection::backward_data;
  return columns ? ConvAlgorithm::columns : ConvAlgorithm::direct;
}

WithoutWinograd::WithoutWinograd() : before_(winograd_allowed.exchange(false)) {}
WithoutWinograd::~WithoutWinograd() { winograd_allowed = before_; }

}  // namespace hypersphere::cpu
