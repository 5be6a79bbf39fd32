// Element types and devices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tensor/bf16.h"

namespace hypersphere {

/// f32 and bf16 carry arithmetic; i32 holds class labels and u8 holds pixels.
enum class DType { f32, bf16, i32, u8 };

enum class Device { cpu, cuda };

constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::bf16:
      return 2;
    case DType::u8:
      return 1;
  }
  return 0;
}

constexpr std::string_view to_string(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "f32";
    case DType::bf16:
      return "bf16";
    case DType::i32:
      return "i32";
    case DType::u8:
      return "u8";
  }
  return "?";
}

constexpr std::string_view to_string(Device device) { return device == Device::cpu ? "cpu" : "cuda"; }

/// The DType that a C++ element type is stored as.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct DTypeOf<Bf16> {
  static constexpr DType value = DType::bf16;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::u8;
};

}  // namespace hypersphere
