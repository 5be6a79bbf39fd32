// How launchers (.cu) start kernels (.cuh).
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/error.h"

namespace hypersphere::cuda {

/// What a launch is: the kernel's name as in its definition, the blocks, the threads a block, and the bytes of dynamic
/// shared memory.
struct Launch {
  const char* kernel;
  struct Grid {
    std::int64_t x = 1, y = 1, z = 1;
  } grid;
  unsigned block;
  std::size_t shared_bytes = 0;
};

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Blocks for a loop over `items` in which each thread strides by the whole grid: enough to fill a device, not more.
constexpr std::int64_t blocks_for(std::int64_t items, unsigned block) {
  constexpr std::int64_t most = 132 * 16;
  const std::int64_t wanted = divide_up(items, block);
  return wanted < 1 ? 1 : wanted > most ? most : wanted;
}

}  // namespace hypersphere::cuda

#ifdef __CUDACC__

#include "kernels/cuda/check.h"

namespace hypersphere::cuda {

/// Starts kernel(arguments...) on the compute stream. Throws Error when the launch is refused; what goes wrong while it
/// runs is reported by synchronise().
template <class... Parameters, class... Arguments>
void launch(const Launch& launch, void (*kernel)(Parameters...), Arguments&&... arguments) {
  constexpr std::size_t without_asking = 48 << 10;
  if (launch.shared_bytes > without_asking)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               static_cast<int>(launch.shared_bytes)),
          launch.kernel);
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(static_cast<unsigned>(launch.grid.x), static_cast<unsigned>(launch.grid.y),
                        static_cast<unsigned>(launch.grid.z));
  config.blockDim = dim3(launch.block);
  config.dynamicSmemBytes = launch.shared_bytes;
  config.stream = compute_stream();
  check(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...), launch.kernel);
}

}  // namespace hypersphere::cuda

#else
#include "emulator/launch.h"
#endif
