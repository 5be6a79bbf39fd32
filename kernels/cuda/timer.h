// How long work takes on the device, for choices made by measuring. For files compiled against the CUDA
// toolkit alone.
#pragma once

#include "kernels/cuda/check.h"

namespace hypersphere::cuda {

/// Throws Error while the compute stream is captured into a graph: nothing runs then that could be timed.
inline void refuse_to_measure_in_capture(const char* who) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(compute_stream(), &status), "cudaStreamIsCapturing");
  expect(status == cudaStreamCaptureStatusNone,
         "{}: the fastest way for a shape is measured at its first use, which must not be while a graph is "
         "captured",
         who);
}

/// Of one call of work(), which must ask things of the compute stream: the mean over `calls` calls.
template <class Work>
double seconds_on_device(int calls, const Work& work) {
  struct Event {
    cudaEvent_t event = nullptr;
    Event() { check(cudaEventCreate(&event), "cudaEventCreate"); }
    ~Event() { (void)cudaEventDestroy(event); }
  } start, stop;
  check(cudaEventRecord(start.event, compute_stream()), "cudaEventRecord");
  for (int i = 0; i < calls; ++i) work();
  check(cudaEventRecord(stop.event, compute_stream()), "cudaEventRecord");
  check(cudaEventSynchronize(stop.event), "cudaEventSynchronize");
  float milliseconds = 0;
  check(cudaEventElapsedTime(&milliseconds, start.event, stop.event), "cudaEventElapsedTime");
  return milliseconds * 1e-3 / calls;
}

}  // namespace hypersphere::cuda
