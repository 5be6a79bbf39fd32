// How both backends keep codes and errors.
#pragma once

#include <limits>

#include "tensor/tensor.h"

namespace hypersphere {

/// The codes in a tensor: tensors have no type of signed bytes.
inline std::int8_t* signed_bytes(Tensor& codes) {
  return reinterpret_cast<std::int8_t*>(codes.data<std::uint8_t>());
}
inline const std::int8_t* signed_bytes(const Tensor& codes) {
  return signed_bytes(const_cast<Tensor&>(codes));
}

/// length * error_factor + error_term, as float, is no less than a `length` above 0 that was summed up in double: the
/// factor is more than what the sum and the rounding to float lose, and where floats have no digits left for it, the
/// smallest of them is.
inline constexpr double error_factor = 1 + 0x1p-22;
inline constexpr float error_term = std::numeric_limits<float>::denorm_min();

}  // namespace hypersphere
