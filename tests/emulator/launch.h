// The emulator's side of kernels/cuda/launch.h, which includes this file when nvcc does not compile it.
#pragma once

#include <functional>
#include <tuple>
#include <utility>

#include "emulator/emulator.h"

namespace hypersphere::emulator {

/// Does `work` now, or keeps it for the replay while a graph is being captured.
void submit(std::function<void()> work);

}  // namespace hypersphere::emulator

namespace hypersphere::cuda {

template <class... Parameters, class... Arguments>
void launch(const Launch& launch, void (*kernel)(Parameters...), Arguments&&... arguments) {
  emulator::submit([launch, kernel,
                    values = std::tuple<Parameters...>(static_cast<Parameters>(arguments)...)] {
    const auto extent = [](std::int64_t x) { return static_cast<unsigned>(x); };
    emulator::run_grid(launch.kernel, {extent(launch.grid.x), extent(launch.grid.y), extent(launch.grid.z)},
                       {launch.block, 1, 1}, launch.shared_bytes, [&] { std::apply(kernel, values); });
  });
}

}  // namespace hypersphere::cuda
