// NCCL behind nccl.h. Linked with the CUDA kernels.
#include <nccl.h>

#include <cuda_runtime.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <deque>

#include "cluster/nccl.h"
#include "kernels/cuda/check.h"

namespace hypersphere::nccl {
namespace {

void check(ncclResult_t result, const char* call) {
  expect(result == ncclSuccess, "{}: {}", call, ncclGetErrorString(result));
}

ncclDataType_t type_of(DType dtype) { return dtype == DType::i32 ? ncclInt32 : ncclFloat32; }

// Machine and bus address: where two processes would get in each other's way.
std::string device_name() {
  int device = 0;
  cuda::check(cudaGetDevice(&device), "cudaGetDevice");
  std::array<char, 32> bus{};
  cuda::check(cudaDeviceGetPCIBusId(bus.data(), static_cast<int>(bus.size()), device),
              "cudaDeviceGetPCIBusId");
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return fmt::format("{} of {}", bus.data(), host.data());
}

std::string to_hex(const ncclUniqueId& id) {
  std::string text;
  for (const char byte : id.internal) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

ncclUniqueId from_hex(const std::string& text) {
  ncclUniqueId id;
  for (std::size_t i = 0; i < sizeof id.internal; ++i)
    id.internal[i] = static_cast<char>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  return id;
}

class Library : public Calls {
 public:
  explicit Library(Communicator& host) {
    const cudaStream_t compute = cuda::compute_stream();  // chooses the device
    (void)compute;
    const std::vector<std::string> devices = host.gather_text(device_name());
    for (std::size_t a = 0; a < devices.size(); ++a)
      for (std::size_t b = 0; b < a; ++b)
        expect(
            devices[a] != devices[b],
            "processes {} and {} both compute on GPU {}; start one process for each GPU, or use --device cpu",
            b, a, devices[a]);
    ncclUniqueId id = {};
    if (host.rank() == 0) check(ncclGetUniqueId(&id), "ncclGetUniqueId");
    id = from_hex(host.gather_text(to_hex(id))[0]);
    check(ncclCommInitRank(&world_, host.size(), id, host.rank()), "ncclCommInitRank");
    cuda::check(cudaStreamCreateWithFlags(&side_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    before_side_ = new_event();
  }
  // As the streams and the device's memory, the connection lasts as long as the process: the runtime may be gone before it.
  ~Library() override = default;

  void group_start() override { check(ncclGroupStart(), "ncclGroupStart"); }
  void group_end() override { check(ncclGroupEnd(), "ncclGroupEnd"); }
  void all_reduce(std::byte* values, std::int64_t count, DType dtype, Stream stream) override {
    check(ncclAllReduce(values, values, static_cast<std::size_t>(count), type_of(dtype), ncclSum, world_,
                        stream == Stream::side ? side_ : cuda::compute_stream()),
          "ncclAllReduce");
  }
  void all_gather(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) override {
    check(ncclAllGather(from, to, static_cast<std::size_t>(count), type_of(dtype), world_,
                        cuda::compute_stream()),
          "ncclAllGather");
  }
  void reduce_scatter(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) override {
    check(ncclReduceScatter(from, to, static_cast<std::size_t>(count), type_of(dtype), ncclSum, world_,
                            cuda::compute_stream()),
          "ncclReduceScatter");
  }
  void broadcast(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) override {
    check(ncclBroadcast(from, to, static_cast<std::size_t>(count), type_of(dtype), root, world_,
                        cuda::compute_stream()),
          "ncclBroadcast");
  }
  void reduce(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) override {
    check(ncclReduce(from, to, static_cast<std::size_t>(count), type_of(dtype), ncclSum, root, world_,
                     cuda::compute_stream()),
          "ncclReduce");
  }
  void side_after_compute() override {
    cuda::check(cudaEventRecord(before_side_, cuda::compute_stream()), "cudaEventRecord");
    cuda::check(cudaStreamWaitEvent(side_, before_side_, 0), "cudaStreamWaitEvent");
  }
  int mark_side() override {
    // Used in turns: a step waits for all of its marks before the next one makes any, and has far fewer than these.
    constexpr int most = 1024;
    if (std::ssize(marks_) < most) marks_.push_back(new_event());
    const int mark = next_mark_;
    next_mark_ = (next_mark_ + 1) % most;
    cuda::check(cudaEventRecord(marks_[static_cast<std::size_t>(mark)], side_), "cudaEventRecord");
    return mark;
  }
  void compute_after(int mark) override {
    cuda::check(cudaStreamWaitEvent(cuda::compute_stream(), marks_[static_cast<std::size_t>(mark)], 0),
                "cudaStreamWaitEvent");
  }

 private:
  static cudaEvent_t new_event() {
    cudaEvent_t event = nullptr;
    cuda::check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    return event;
  }

  ncclComm_t world_ = nullptr;
  cudaStream_t side_ = nullptr;
  cudaEvent_t before_side_ = nullptr;
  std::deque<cudaEvent_t> marks_;
  int next_mark_ = 0;
};

}  // namespace

bool in_this_build() { return true; }

std::string library_version() {
  int number = 0;
  check(ncclGetVersion(&number), "ncclGetVersion");
  return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

std::unique_ptr<Calls> connect(Communicator& host) { return std::make_unique<Library>(host); }

}  // namespace hypersphere::nccl
