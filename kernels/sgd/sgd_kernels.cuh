#pragma once

#include <bit>

#include "kernels/reduce/chunks.cuh"

namespace hypersphere::cuda {

inline constexpr unsigned sgd_block = 256;

/// Where a parameter lies, with its own rate and decay.
struct SgdEntry {
  float *w, *v;
  const float* g;
  float rate, decay;
};

__device__ __forceinline__ bool is_finite(float value) {
  return (std::bit_cast<std::uint32_t>(value) & 0x7f800000u) != 0x7f800000u;
}

/// Updates the parameters of the list, a chunk a block, unless an element of the guard is not finite.
__global__ void __launch_bounds__(sgd_block)
    sgd_update_kernel(const __grid_constant__ ChunkList<SgdEntry> list, float momentum, const float* guard,
                      std::int64_t guard_size) {
  for (std::int64_t i = 0; i < guard_size; ++i)
    if (!is_finite(guard[i])) return;
  const auto [index, begin, end] = list.chunk(static_cast<int>(blockIdx.x));
  const SgdEntry& entry = list.entries[index];
  float *const w = entry.w, *const v = entry.v;
  const float* const g = entry.g;
  const float rate = entry.rate, decay = entry.decay;
  const auto update = [=](float& weight, float& velocity, float gradient) {
    velocity = momentum * velocity + rate * (gradient + decay * weight);
    weight -= velocity;
  };
  std::int64_t i = begin;
  const std::uintptr_t bits = reinterpret_cast<std::uintptr_t>(w) | reinterpret_cast<std::uintptr_t>(v) |
                              reinterpret_cast<std::uintptr_t>(g);
  if (bits % sizeof(float4) == 0) {
    const std::int64_t whole = begin + (end - begin) / 4 * 4;
    for (i = begin + 4 * threadIdx.x; i < whole; i += 4 * sgd_block) {
      float4 weights = load_vector<float4>(w + i), velocities = load_vector<float4>(v + i);
      const float4 gradients = load_vector<float4>(g + i);
      update(weights.x, velocities.x, gradients.x);
      update(weights.y, velocities.y, gradients.y);
      update(weights.z, velocities.z, gradients.z);
      update(weights.w, velocities.w, gradients.w);
      store_vector(w + i, weights);
      store_vector(v + i, velocities);
    }
    i = whole;
  }
  for (i += threadIdx.x; i < end; i += sgd_block) update(w[i], v[i], g[i]);
}

}  // namespace hypersphere::cuda
