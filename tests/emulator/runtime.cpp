// The CUDA runtime of the emulator: device memory is host memory of exact size, filled with NaN, and work is done at
// once, unless a graph is being captured.
#include "kernels/cuda/runtime.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "emulator/emulator.h"
#include "kernels/cuda/graph.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/upload.h"
#include "kernels/cuda/upload_checks.h"
#include "tensor/allocator.h"

namespace hypersphere::emulator {
namespace {

using Recording = std::vector<std::function<void()>>;

Recording* recording = nullptr;  // while a graph is captured

}  // namespace

void submit(std::function<void()> work) {
  if (recording != nullptr)
    recording->push_back(std::move(work));
  else
    work();
}

}  // namespace hypersphere::emulator

namespace hypersphere::cuda {
namespace {

void refuse_to_wait(const char* who) {
  expect(emulator::recording == nullptr, "cuda: {} would wait for the device while a graph is captured", who);
}

}  // namespace

bool kernels_in_this_build() { return true; }

void choose_device(int) {}

const std::string& unavailable() {
  static const std::string none;
  return none;
}

const DeviceProperties& device_properties() {
  static const DeviceProperties properties = {
      "emulator", 8, 0, 4, std::int64_t{1} << 32, "emulated on the processor"};
  return properties;
}

std::byte* allocate_block(std::size_t bytes) {
  void* block = nullptr;
  if (posix_memalign(&block, 256, bytes) != 0) return nullptr;
  std::memset(block, 0xFF, bytes);
  return static_cast<std::byte*>(block);
}

void release_block(std::byte* block) noexcept { std::free(block); }

void copy_bytes(std::byte* to, Device to_device, const std::byte* from, Device from_device,
                std::size_t bytes) {
  if (to_device == Device::cpu || from_device == Device::cpu) refuse_to_wait("a copy from or to the host");
  emulator::submit([=] { std::memmove(to, from, bytes); });
}

void zero_bytes(std::byte* block, std::size_t bytes) {
  emulator::submit([=] { std::memset(block, 0, bytes); });
}

void synchronise() { refuse_to_wait("synchronise()"); }

struct Graph::State {
  Reservation memory{Device::cuda};
  emulator::Recording work;
};

Graph::Graph() : state_(std::make_unique<State>()) {}
Graph::~Graph() = default;
bool Graph::captured() const { return !state_->work.empty(); }

void Graph::capture(const std::function<void()>& work) {
  state_->work.clear();
  emulator::Recording recorded;
  state_->memory.open();
  struct Restore {
    Reservation& memory;
    ~Restore() {
      emulator::recording = nullptr;
      memory.close();
    }
  } restore{state_->memory};
  emulator::recording = &recorded;
  work();
  state_->work = std::move(recorded);
}

void Graph::replay() {
  expect(captured(), "cuda: nothing was captured to replay");
  for (const std::function<void()>& one : state_->work) one();
}

struct Uploader::State {
  std::vector<Tensor> targets;
  std::array<std::vector<std::byte>, slots> ring;  // batches on their way
  int next_to_send = 0, sent = 0;
};

Uploader::Uploader(std::vector<Tensor> targets) : state_(std::make_unique<State>()) {
  for (std::vector<std::byte>& slot : state_->ring) slot.resize(upload_bytes(targets));
  state_->targets = std::move(targets);
}
Uploader::~Uploader() = default;

int Uploader::waiting() const { return state_->sent; }

void Uploader::send(const std::vector<Tensor>& values) {
  expect_upload(state_->targets, values, state_->sent, slots);
  std::byte* to = state_->ring[static_cast<std::size_t>(state_->next_to_send)].data();
  for (const Tensor& value : values) {
    std::memcpy(to, value.raw(), value.bytes());
    to += upload_offset(value.bytes());
  }
  state_->next_to_send = (state_->next_to_send + 1) % slots;
  ++state_->sent;
}

void Uploader::receive() {
  expect(state_->sent > 0, "upload: nothing was sent to receive");
  const int first = (state_->next_to_send + slots - state_->sent) % slots;
  const std::byte* from = state_->ring[static_cast<std::size_t>(first)].data();
  for (Tensor& target : state_->targets) {
    std::memcpy(target.raw(), from, target.bytes());
    from += upload_offset(target.bytes());
  }
  --state_->sent;
}

}  // namespace hypersphere::cuda
