// The CUDA runtime behind tensor/cuda_memory.h and runtime.h.
#include <fmt/core.h>

#include "kernels/cuda/check.h"
#include "kernels/cuda/runtime.h"

namespace hypersphere::cuda {
namespace {

std::string version(int number) { return fmt::format("{}.{}", number / 1000, number % 1000 / 10); }

int chosen_device = 0;

struct ChosenDevice {
  std::string problem;  // empty where the device can be used
  DeviceProperties properties;
  cudaStream_t stream = nullptr;

  ChosenDevice() {
    int driver = 0, runtime = 0, count = 0;
    cudaRuntimeGetVersion(&runtime);
    if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
      problem = "no CUDA driver is installed";
      return;
    }
    if (const cudaError_t result = cudaGetDeviceCount(&count); result != cudaSuccess || count == 0) {
      problem = result != cudaSuccess
                    ? fmt::format("no CUDA device can be used: {}", cudaGetErrorString(result))
                    : "the driver finds no CUDA device";
      return;
    }
    cudaDeviceProp found;
    const int index = chosen_device % count;
    check(cudaGetDeviceProperties(&found, index), "cudaGetDeviceProperties");
    properties = {found.name,
                  found.major,
                  found.minor,
                  found.multiProcessorCount,
                  static_cast<std::int64_t>(found.totalGlobalMem),
                  fmt::format("driver {}, runtime {}", version(driver), version(runtime))};
    if (found.major < 8) {
      problem = fmt::format("{} has compute capability {}.{}; 8.0 or later is needed", found.name,
                            found.major, found.minor);
      return;
    }
    check(cudaSetDevice(index), "cudaSetDevice");
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  }
};

// Never destroyed: tensors in static storage may outlive any order of destruction.
ChosenDevice& device() {
  static auto* instance = new ChosenDevice;
  return *instance;
}

ChosenDevice& usable_device() {
  ChosenDevice& found = device();
  expect(found.problem.empty(), "cuda: {}; use --device cpu", found.problem);
  return found;
}

cudaMemcpyKind kind(Device to, Device from) {
  if (to == Device::cpu) return from == Device::cpu ? cudaMemcpyHostToHost : cudaMemcpyDeviceToHost;
  return from == Device::cpu ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToDevice;
}

// A wait would spoil a capture and be reported far from its cause.
void refuse_to_wait_in_capture(cudaStream_t stream, const char* who) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check(cudaStreamIsCapturing(stream, &status), "cudaStreamIsCapturing");
  expect(status == cudaStreamCaptureStatusNone,
         "cuda: {} would wait for the device while a graph is captured", who);
}

}  // namespace

const std::string& unavailable() { return device().problem; }

bool kernels_in_this_build() { return true; }

void choose_device(int index) { chosen_device = index; }

const DeviceProperties& device_properties() { return usable_device().properties; }

cudaStream_t compute_stream() { return usable_device().stream; }

std::byte* allocate_block(std::size_t bytes) {
  usable_device();
  void* block = nullptr;
  const cudaError_t result = cudaMalloc(&block, bytes);
  if (result == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();  // clears it: the caller goes on with less
    return nullptr;
  }
  check(result, "cudaMalloc");
  return static_cast<std::byte*>(block);
}

void release_block(std::byte* block) noexcept { (void)cudaFree(block); }

void copy_bytes(std::byte* to, Device to_device, const std::byte* from, Device from_device,
                std::size_t bytes) {
  if (bytes == 0) return;
  const cudaStream_t stream = compute_stream();
  const bool waits = to_device == Device::cpu || from_device == Device::cpu;
  if (waits) refuse_to_wait_in_capture(stream, "a copy from or to the host");
  check(cudaMemcpyAsync(to, from, bytes, kind(to_device, from_device), stream), "cudaMemcpyAsync");
  if (waits) check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
}

void zero_bytes(std::byte* block, std::size_t bytes) {
  if (bytes > 0) check(cudaMemsetAsync(block, 0, bytes, compute_stream()), "cudaMemsetAsync");
}

void synchronise() {
  const cudaStream_t stream = compute_stream();
  refuse_to_wait_in_capture(stream, "synchronise()");
  check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
}

}  // namespace hypersphere::cuda
