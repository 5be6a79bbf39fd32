#include "kernels/cuda/upload.h"

#include <array>
#include <cstring>

#include "kernels/cuda/check.h"
#include "kernels/cuda/upload_checks.h"

namespace hypersphere::cuda {
namespace {

// From pinned memory to memory of the device; from there receive() copies to the targets, at the speed of the device.
struct Slot {
  std::byte* pinned = nullptr;
  Tensor staging;
  cudaEvent_t arrived = nullptr;   // the copy to the device is over: `pinned` may be written
  cudaEvent_t consumed = nullptr;  // the copies to the targets are over: `staging` may be written
};

}  // namespace

struct Uploader::State {
  std::vector<Tensor> targets;
  std::size_t bytes = 0;
  cudaStream_t stream = nullptr;
  std::array<Slot, slots> ring;
  int next_to_send = 0, sent = 0;

  explicit State(std::vector<Tensor> fixed) : targets(std::move(fixed)), bytes(upload_bytes(targets)) {
    const cudaStream_t compute = compute_stream();
    try {
      check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
      for (Slot& slot : ring) {
        check(cudaMallocHost(reinterpret_cast<void**>(&slot.pinned), bytes), "cudaMallocHost");
        slot.staging = Tensor::empty({static_cast<std::int64_t>(bytes)}, DType::u8, Device::cuda);
        check(cudaEventCreateWithFlags(&slot.arrived, cudaEventDisableTiming), "cudaEventCreateWithFlags");
        check(cudaEventCreateWithFlags(&slot.consumed, cudaEventDisableTiming), "cudaEventCreateWithFlags");
        // What used the memory before is in the order of the compute stream.
        check(cudaEventRecord(slot.consumed, compute), "cudaEventRecord");
      }
    } catch (...) {
      release();
      throw;
    }
  }

  ~State() { release(); }

  void release() noexcept {
    if (stream != nullptr) (void)cudaStreamSynchronize(stream);
    for (Slot& slot : ring) {
      if (slot.pinned != nullptr) (void)cudaFreeHost(slot.pinned);
      if (slot.arrived != nullptr) (void)cudaEventDestroy(slot.arrived);
      if (slot.consumed != nullptr) (void)cudaEventDestroy(slot.consumed);
    }
    if (stream != nullptr) (void)cudaStreamDestroy(stream);
  }
};

Uploader::Uploader(std::vector<Tensor> targets) : state_(std::make_unique<State>(std::move(targets))) {}
Uploader::~Uploader() = default;

int Uploader::waiting() const { return state_->sent; }

void Uploader::send(const std::vector<Tensor>& values) {
  expect_upload(state_->targets, values, state_->sent, slots);
  Slot& slot = state_->ring[static_cast<std::size_t>(state_->next_to_send)];
  check(cudaEventSynchronize(slot.arrived), "cudaEventSynchronize");  // of two batches ago: long over
  std::size_t offset = 0;
  for (const Tensor& value : values) {
    std::memcpy(slot.pinned + offset, value.raw(), value.bytes());
    offset += upload_offset(value.bytes());
  }
  check(cudaStreamWaitEvent(state_->stream, slot.consumed, 0), "cudaStreamWaitEvent");
  check(
      cudaMemcpyAsync(slot.staging.raw(), slot.pinned, state_->bytes, cudaMemcpyHostToDevice, state_->stream),
      "cudaMemcpyAsync");
  check(cudaEventRecord(slot.arrived, state_->stream), "cudaEventRecord");
  state_->next_to_send = (state_->next_to_send + 1) % slots;
  ++state_->sent;
}

void Uploader::receive() {
  expect(state_->sent > 0, "upload: nothing was sent to receive");
  const int first = (state_->next_to_send + slots - state_->sent) % slots;
  const Slot& slot = state_->ring[static_cast<std::size_t>(first)];
  const cudaStream_t compute = compute_stream();
  check(cudaStreamWaitEvent(compute, slot.arrived, 0), "cudaStreamWaitEvent");
  std::size_t offset = 0;
  for (Tensor& target : state_->targets) {
    check(cudaMemcpyAsync(target.raw(), slot.staging.raw() + offset, target.bytes(), cudaMemcpyDeviceToDevice,
                          compute),
          "cudaMemcpyAsync");
    offset += upload_offset(target.bytes());
  }
  check(cudaEventRecord(slot.consumed, compute), "cudaEventRecord");
  --state_->sent;
}

}  // namespace hypersphere::cuda
