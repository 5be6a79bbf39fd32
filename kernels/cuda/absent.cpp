// A build without the CUDA toolkit: nothing but the reason.
#include "kernels/cuda/graph.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/upload.h"
#include "tensor/error.h"

namespace hypersphere::cuda {
namespace {

[[noreturn]] void refuse() { fail("cuda: {}; use --device cpu", unavailable()); }

}  // namespace

const std::string& unavailable() {
  static const std::string reason = "this program was built without the CUDA toolkit";
  return reason;
}

bool kernels_in_this_build() { return false; }

void choose_device(int) {}

const DeviceProperties& device_properties() { refuse(); }
std::byte* allocate_block(std::size_t) { refuse(); }
void release_block(std::byte*) noexcept {}
void copy_bytes(std::byte*, Device, const std::byte*, Device, std::size_t) { refuse(); }
void zero_bytes(std::byte*, std::size_t) { refuse(); }
void synchronise() {}

struct Graph::State {};
Graph::Graph() { refuse(); }
Graph::~Graph() = default;
void Graph::capture(const std::function<void()>&) { refuse(); }
void Graph::replay() { refuse(); }
bool Graph::captured() const { return false; }

struct Uploader::State {};
Uploader::Uploader(std::vector<Tensor>) { refuse(); }
Uploader::~Uploader() = default;
void Uploader::send(const std::vector<Tensor>&) { refuse(); }
void Uploader::receive() { refuse(); }
int Uploader::waiting() const { return 0; }

}  // namespace hypersphere::cuda
