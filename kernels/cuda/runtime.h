// The CUDA device as the rest of the program sees it. One implementation of these functions is linked: native.cpp, or
// absent.cpp in a build without the CUDA toolkit, or the emulator of the tests.
#pragma once

#include <cstdint>
#include <string>

#include "tensor/cuda_memory.h"

namespace hypersphere::cuda {

struct DeviceProperties {
  std::string name;
  int major = 0, minor = 0;  ///< compute capability
  int multiprocessors = 0;
  std::int64_t memory_bytes = 0;
  std::string versions;  ///< of driver and runtime, for people
};

/// Whether this program holds kernels for the device at all.
bool kernels_in_this_build();

/// Which of the machine's devices this process computes on, counted from 0 and over again where there are fewer; 0 without this
/// call. Processes that share a machine take one each. To be called before the device is used or asked for.
void choose_device(int index);

/// Of the device in use. Throws Error where unavailable().
const DeviceProperties& device_properties();

}  // namespace hypersphere::cuda
