// Neighbouring elements of an array as floats, in accesses of 16 bytes where the array allows it.
#pragma once

#include <initializer_list>
#include <type_traits>

#include "kernels/cuda/ptx.cuh"

namespace hypersphere::cuda {

/// Reads `width` neighbouring elements: 1 anywhere, or 4 or 8 at a multiple of their size.
template <int width>
__device__ __forceinline__ void read_values(const float* from, float (&values)[width]) {
  if constexpr (width == 1) {
    values[0] = *from;
  } else {
    HYPERSPHERE_UNROLL
    for (int e = 0; e < width; e += 4) {
      const float4 four = load_vector<float4>(from + e);
      values[e] = four.x, values[e + 1] = four.y, values[e + 2] = four.z, values[e + 3] = four.w;
    }
  }
}

/// The two bf16 of a pair, the lower half first.
__device__ __forceinline__ void unpack_bf16(std::uint32_t pair, float& low, float& high) {
  low = to_float(Bf16{static_cast<std::uint16_t>(pair)});
  high = to_float(Bf16{static_cast<std::uint16_t>(pair >> 16)});
}

template <int width>
__device__ __forceinline__ void read_values(const Bf16* from, float (&values)[width]) {
  if constexpr (width == 1) {
    values[0] = to_float(*from);
  } else if constexpr (width == 4) {
    const uint2 four = load_vector<uint2>(from);
    unpack_bf16(four.x, values[0], values[1]);
    unpack_bf16(four.y, values[2], values[3]);
  } else {
    static_assert(width == 8);
    const uint4 eight = load_vector<uint4>(from);
    unpack_bf16(eight.x, values[0], values[1]);
    unpack_bf16(eight.y, values[2], values[3]);
    unpack_bf16(eight.z, values[4], values[5]);
    unpack_bf16(eight.w, values[6], values[7]);
  }
}

/// Writes what read_values reads.
template <int width>
__device__ __forceinline__ void write_values(float* to, const float (&values)[width]) {
  if constexpr (width == 1) {
    *to = values[0];
  } else {
    HYPERSPHERE_UNROLL
    for (int e = 0; e < width; e += 4)
      store_vector(to + e, float4{values[e], values[e + 1], values[e + 2], values[e + 3]});
  }
}
template <int width>
__device__ __forceinline__ void write_values(Bf16* to, const float (&values)[width]) {
  if constexpr (width == 1) {
    *to = to_bf16(values[0]);
  } else if constexpr (width == 4) {
    store_vector(to, uint2{pack_bf16(values[0], values[1]), pack_bf16(values[2], values[3])});
  } else {
    static_assert(width == 8);
    store_vector(to, uint4{pack_bf16(values[0], values[1]), pack_bf16(values[2], values[3]),
                           pack_bf16(values[4], values[5]), pack_bf16(values[6], values[7])});
  }
}

/// For launchers: whether all of `places` are multiples of `bytes`. Views need not be.
inline bool aligned(std::size_t bytes, std::initializer_list<const void*> places) {
  for (const void* place : places)
    if (reinterpret_cast<std::uintptr_t>(place) % bytes != 0) return false;
  return true;
}

/// For launchers: calls body(std::integral_constant<int, width>()) with as many elements as 16 bytes hold
/// where every row of `channels` elements of the arrays at `places` begins at a multiple of 16 bytes, else
/// with 1.
template <class Element, class Body>
void with_width(std::int64_t channels, std::initializer_list<const void*> places, const Body& body) {
  constexpr int width = 16 / sizeof(Element);
  if (channels % width == 0 && aligned(16, places))
    body(std::integral_constant<int, width>());
  else
    body(std::integral_constant<int, 1>());
}

}  // namespace hypersphere::cuda
