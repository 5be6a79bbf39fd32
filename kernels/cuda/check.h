// Checked calls of the CUDA runtime. For files compiled against the CUDA toolkit alone.
#pragma once

#include <cuda_runtime.h>

#include <source_location>

#include "tensor/error.h"

namespace hypersphere::cuda {

/// Throws Error with the runtime's own words unless `result` is success.
inline void check(cudaError_t result, const char* call,
                  std::source_location where = std::source_location::current()) {
  if (result == cudaSuccess) return;
  fail("{}: {} ({}) at {}:{}", call, cudaGetErrorString(result), cudaGetErrorName(result), where.file_name(),
       where.line());
}

/// All work of the program is in the order of this stream, except for what upload.h sends ahead.
cudaStream_t compute_stream();

}  // namespace hypersphere::cuda
