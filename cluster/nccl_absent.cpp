// nccl.h in a build without NCCL.
#include "cluster/nccl.h"
#include "tensor/error.h"

namespace hypersphere::nccl {

bool in_this_build() { return false; }
std::string library_version() { return {}; }
std::unique_ptr<Calls> connect(Communicator& host) {
  fail(
      "{} processes were started to train on GPUs, and this program was built without NCCL; install it and "
      "build again, or "
      "use --device cpu",
      host.size());
}

}  // namespace hypersphere::nccl
