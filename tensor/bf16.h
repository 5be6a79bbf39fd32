// bf16: the upper half of a float, 8 bits of exponent and 7 of fraction. Storage only: arithmetic is done in float.
#pragma once

#include <bit>
#include <cstdint>

namespace hypersphere {

struct Bf16 {
  std::uint16_t bits;
};

constexpr float to_float(Bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

/// The nearest bf16, ties to even; a NaN stays a NaN.
constexpr Bf16 to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>(bits >> 16 | 0x40u)};
  return {static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

}  // namespace hypersphere
