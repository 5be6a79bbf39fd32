// What a kernel sees of the emulator: the names of CUDA C++ that the kernels of this repository use, with the
// meaning that the CUDA C++ Programming Guide gives them. Included by kernels/cuda/device.cuh when nvcc does
// not compile it.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "emulator/emulator.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)

#define threadIdx (hypersphere::emulator::thread_index())
#define blockIdx (hypersphere::emulator::block_index())
#define blockDim (hypersphere::emulator::block_extent())
#define gridDim (hypersphere::emulator::grid_extent())

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct alignas(8) uint2 {
  unsigned x, y;
};

inline void __syncthreads(
    hypersphere::emulator::Location where = hypersphere::emulator::Location::current()) {
  hypersphere::emulator::sync_threads(where);
}

namespace hypersphere::emulator {

/// What a lane gives and which lane's value it wants.
template <class T>
struct Exchange {
  T value;
  unsigned from;
};

/// The value of the lane `from`, which must be in the mask.
template <class T>
T exchange(const char* name, std::uint32_t mask, T value, unsigned from, Location where) {
  static_assert(std::is_trivially_copyable_v<T>);
  const Exchange<T> input{value, from};
  T output{};
  warp_collective(
      name, mask, &input, &output,
      [](std::uint32_t lanes, const void* const* inputs, void* const* outputs, const Location& at) {
        for (unsigned l = 0; l < 32; ++l) {
          if (inputs[l] == nullptr) continue;
          const unsigned source = static_cast<const Exchange<T>*>(inputs[l])->from;
          if (!(lanes >> source & 1))
            kernel_error("shuffle: lane " + std::to_string(l) + " reads lane " + std::to_string(source) +
                             ", which is outside of the mask",
                         at);
          *static_cast<T*>(outputs[l]) = static_cast<const Exchange<T>*>(inputs[source])->value;
        }
      },
      where);
  return output;
}

/// The first lane of the segment of `width` lanes that this lane is in.
inline unsigned segment(unsigned width, Location where) {
  if (!std::has_single_bit(width) || width > 32)
    kernel_error("shuffle: the width must be a power of two up to 32", where);
  return lane() & ~(width - 1);
}

}  // namespace hypersphere::emulator

inline void __syncwarp(std::uint32_t mask = 0xffffffffu,
                       hypersphere::emulator::Location where = hypersphere::emulator::Location::current()) {
  hypersphere::emulator::warp_collective(
      "__syncwarp()", mask, nullptr, nullptr,
      [](std::uint32_t, const void* const*, void* const*, const hypersphere::emulator::Location&) {}, where);
}

template <class T>
T __shfl_sync(std::uint32_t mask, T value, unsigned source, unsigned width = 32,
              hypersphere::emulator::Location where = hypersphere::emulator::Location::current()) {
  const unsigned first = hypersphere::emulator::segment(width, where);
  return hypersphere::emulator::exchange("__shfl_sync()", mask, value, first + source % width, where);
}

template <class T>
T __shfl_xor_sync(std::uint32_t mask, T value, unsigned bits, unsigned width = 32,
                  hypersphere::emulator::Location where = hypersphere::emulator::Location::current()) {
  const unsigned first = hypersphere::emulator::segment(width, where);
  const unsigned lane = hypersphere::emulator::lane(), source = lane ^ bits;
  const bool outside = source >= first + width;
  return hypersphere::emulator::exchange("__shfl_xor_sync()", mask, value, outside ? lane : source, where);
}

template <class T>
T __shfl_down_sync(std::uint32_t mask, T value, unsigned delta, unsigned width = 32,
                   hypersphere::emulator::Location where = hypersphere::emulator::Location::current()) {
  const unsigned first = hypersphere::emulator::segment(width, where), lane = hypersphere::emulator::lane();
  const bool inside = lane - first + delta < width;
  return hypersphere::emulator::exchange("__shfl_down_sync()", mask, value, inside ? lane + delta : lane,
                                         where);
}

template <class T>
T __shfl_up_sync(std::uint32_t mask, T value, unsigned delta, unsigned width = 32,
                 hypersphere::emulator::Location where = hypersphere::emulator::Location::current()) {
  const unsigned first = hypersphere::emulator::segment(width, where), lane = hypersphere::emulator::lane();
  const bool inside = lane - first >= delta;
  return hypersphere::emulator::exchange("__shfl_up_sync()", mask, value, inside ? lane - delta : lane,
                                         where);
}

inline std::uint32_t __ballot_sync(
    std::uint32_t mask, int predicate,
    hypersphere::emulator::Location where = hypersphere::emulator::Location::current()) {
  std::uint32_t result = 0;
  hypersphere::emulator::warp_collective(
      "__ballot_sync()", mask, &predicate, &result,
      [](std::uint32_t, const void* const* inputs, void* const* outputs,
         const hypersphere::emulator::Location&) {
        std::uint32_t bits = 0;
        for (unsigned l = 0; l < 32; ++l)
          if (inputs[l] != nullptr && *static_cast<const int*>(inputs[l]) != 0) bits |= 1u << l;
        for (unsigned l = 0; l < 32; ++l)
          if (outputs[l] != nullptr) *static_cast<std::uint32_t*>(outputs[l]) = bits;
      },
      where);
  return result;
}

// Fibers change only at barriers and collectives, so a plain read and write is atomic.
template <class T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  static_assert(!std::is_floating_point_v<T>,
                "no floating-point atomics: their sums depend on the order of the threads");
  static_assert(
      std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>,
      "CUDA has atomicAdd for no other integers");
  const T old = *address;
  *address = static_cast<T>(old + value);
  return old;
}
inline void __threadfence() {}

template <class T>
T __ldg(const T* address) {
  return *address;
}
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>((std::uint64_t{a} * b) >> 32);
}
/// c plus the sum of the products of the four signed bytes of a and b, as the CUDA Math API's integer intrinsics have it.
inline int __dp4a(int a, int b, int c) {
  for (int shift = 0; shift < 32; shift += 8)
    c += static_cast<std::int8_t>(a >> shift) * static_cast<std::int8_t>(b >> shift);
  return c;
}
