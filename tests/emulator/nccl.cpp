// nccl.h for the emulator: device memory is the host's, and so the host's engine (MPI) moves it, as work among the device's
// other work, also when a graph is replayed.
#include "cluster/nccl.h"

#include <cstring>

#include "kernels/cuda/launch.h"

namespace hypersphere::nccl {
namespace {

// Values in a tensor of the host, and back.
Tensor loaded(const std::byte* from, std::int64_t count, DType dtype) {
  Tensor values = Tensor::empty({count}, dtype);
  std::memcpy(values.raw(), from, values.bytes());
  return values;
}
void store(const Tensor& values, std::byte* to) { std::memcpy(to, values.raw(), values.bytes()); }

class OverHost : public Calls {
 public:
  explicit OverHost(Communicator& host) : host_(host) {}

  void group_start() override {}
  void group_end() override {}
  void all_reduce(std::byte* values, std::int64_t count, DType dtype, Stream) override {
    emulator::submit([=, this] {
      Tensor sum = loaded(values, count, dtype);
      host_.sum(sum);
      store(sum, values);
    });
  }
  void all_gather(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) override {
    emulator::submit([=, this] {
      const std::vector<std::int64_t> rows(static_cast<std::size_t>(host_.size()), count);
      Tensor all = Tensor::empty({count * host_.size()}, dtype);
      host_.gather_rows(loaded(from, count, dtype), rows, all);
      store(all, to);
    });
  }
  void reduce_scatter(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) override {
    emulator::submit([=, this] {
      const std::vector<std::int64_t> rows(static_cast<std::size_t>(host_.size()), count);
      Tensor mine = Tensor::empty({count}, dtype);
      host_.scatter_sum(loaded(from, count * host_.size(), dtype), rows, mine);
      store(mine, to);
    });
  }
  void broadcast(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) override {
    emulator::submit([=, this] {
      std::vector<std::int64_t> rows(static_cast<std::size_t>(host_.size()), 0);
      rows[static_cast<std::size_t>(root)] = count;
      Tensor all = Tensor::empty({count}, dtype);
      host_.gather_rows(host_.rank() == root ? loaded(from, count, dtype) : Tensor::empty({0}, dtype), rows,
                        all);
      store(all, to);
    });
  }
  void reduce(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) override {
    emulator::submit([=, this] {
      Tensor sum = loaded(from, count, dtype);
      host_.sum(sum);
      if (host_.rank() == root) store(sum, to);
    });
  }
  void side_after_compute() override {}
  int mark_side() override { return 0; }
  void compute_after(int) override {}

 private:
  Communicator& host_;
};

}  // namespace

bool in_this_build() { return true; }
std::string library_version() { return "emulated"; }
std::unique_ptr<Calls> connect(Communicator& host) { return std::make_unique<OverHost>(host); }

}  // namespace hypersphere::nccl
