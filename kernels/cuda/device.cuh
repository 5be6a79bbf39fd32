// What every kernel includes: the language of CUDA from nvcc or from the emulator of the tests, and shared arrays.
#pragma once

#include <cstdint>

#include "tensor/bf16.h"

#ifdef __CUDACC__
/// Declares a shared array of the block; `name` is a pointer to its first element.
#define HYPERSPHERE_SHARED(type, name, count) __shared__ __align__(16) type name[count]
/// The block's dynamic shared memory, at a multiple of 128 bytes.
#define HYPERSPHERE_DYNAMIC_SHARED(name) extern __shared__ __align__(128) unsigned char name[]
/// In front of a loop whose counter indexes registers: an index that is not known when compiling would push the array out
/// to memory.
#define HYPERSPHERE_UNROLL _Pragma("unroll")
#else
#define HYPERSPHERE_UNROLL
#include "emulator/device.h"
#define HYPERSPHERE_SHARED(type, name, count)                                \
  static constexpr char name##_key = 0;                                      \
  type* const name = static_cast<type*>(hypersphere::emulator::shared_array( \
      &name##_key, sizeof(type) * static_cast<std::size_t>(count), #name))
#define HYPERSPHERE_DYNAMIC_SHARED(name) \
  unsigned char* const name = static_cast<unsigned char*>(hypersphere::emulator::dynamic_shared_array())
#endif

namespace hypersphere::cuda {

inline constexpr unsigned warp_size = 32;
inline constexpr std::uint32_t whole_warp = 0xffffffffu;

/// The index of the thread in the grid and the number of threads in the grid, for loops that stride by the whole grid.
__device__ __forceinline__ std::int64_t grid_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ __forceinline__ std::int64_t grid_threads() {
  return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
}

/// Reads or writes sizeof(Vector) bytes at once; the address is a multiple of them, which the emulator checks.
#ifdef __CUDACC__
template <class Vector>
__device__ __forceinline__ Vector load_vector(const void* from) {
  return *static_cast<const Vector*>(from);
}
template <class Vector>
__device__ __forceinline__ void store_vector(void* to, Vector value) {
  *static_cast<Vector*>(to) = value;
}
#else
template <class Vector>
Vector load_vector(const void* from, emulator::Location where = emulator::Location::current()) {
  emulator::expect_aligned(from, sizeof(Vector), "load_vector", where);
  Vector value;
  std::memcpy(&value, from, sizeof(Vector));
  return value;
}
template <class Vector>
void store_vector(void* to, Vector value, emulator::Location where = emulator::Location::current()) {
  emulator::expect_aligned(to, sizeof(Vector), "store_vector", where);
  std::memcpy(to, &value, sizeof(Vector));
}
#endif

__device__ __forceinline__ float load_float(const float* p) { return *p; }
__device__ __forceinline__ float load_float(const Bf16* p) { return to_float(*p); }
__device__ __forceinline__ void store_float(float* p, float value) { *p = value; }
__device__ __forceinline__ void store_float(Bf16* p, float value) { *p = to_bf16(value); }

/// The sum over the lanes of a warp, in a fixed order, in every lane.
template <class T>
__device__ __forceinline__ T warp_sum(T value) {
  for (unsigned offset = warp_size / 2; offset > 0; offset /= 2)
    value += __shfl_xor_sync(whole_warp, value, offset);
  return value;
}

__device__ __forceinline__ float warp_max(float value) {
  for (unsigned offset = warp_size / 2; offset > 0; offset /= 2) {
    const float other = __shfl_xor_sync(whole_warp, value, offset);
    value = other > value || other != other ? other : value;  // a NaN wins
  }
  return value;
}

/// The sum over all threads of a block, in a fixed order, in every thread. `partial` is a shared array of one value a
/// warp; the block is a whole number of warps. The array may be used again only behind a barrier.
template <class T>
__device__ __forceinline__ T block_sum(T value, T* partial) {
  const unsigned lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size;
  value = warp_sum(value);
  if (lane == 0) partial[warp] = value;
  __syncthreads();
  T total = 0;
  for (unsigned w = 0; w < blockDim.x / warp_size; ++w) total += partial[w];
  return total;
}

}  // namespace hypersphere::cuda
