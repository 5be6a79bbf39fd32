#include "apps/build_facts.h"

#include <fmt/ranges.h>

#include <thread>

#include "apps/bench/onednn.h"
#include "cluster/mpi.h"
#include "cluster/nccl.h"
#include "kernels/cpu/simd.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/settings.h"

namespace hypersphere {
namespace {

std::string describe_cuda() {
  if (!cuda::kernels_in_this_build()) return "none: " + cuda::unavailable();
  if (!cuda::unavailable().empty()) return "in this build, but cannot be used: " + cuda::unavailable();
  const cuda::DeviceProperties& device = cuda::device_properties();
  return fmt::format("{}, compute capability {}.{}, {} multiprocessors, {:.1f} GiB; {}", device.name,
                     device.major, device.minor, device.multiprocessors,
                     static_cast<double>(device.memory_bytes) / 0x1p30, device.versions);
}

}  // namespace

Facts build_facts() {
  return {{"version", HYPERSPHERE_VERSION},
          {"compiler", __VERSION__},
          {"CUDA", describe_cuda()},
          {"cuDNN", cuda::cudnn_unavailable().empty() ? "for --conv cudnn" : cuda::cudnn_unavailable()},
          {"cuBLASLt",
           cuda::cublaslt_unavailable().empty() ? "for --gemm cublaslt" : cuda::cublaslt_unavailable()},
          {"MPI", mpi::in_this_build() ? mpi::library_version() : "this build has no MPI: one process alone"},
          {"NCCL", nccl::in_this_build() ? nccl::library_version() : "this build has no NCCL"},
          {"oneDNN", onednn::in_this_build ? "for bench --against onednn" : "this build has no oneDNN"},
          {"SIMD", fmt::format("{} in use, of {}", cpu::simd_target(), fmt::join(cpu::simd_targets(), ", "))},
          {"threads", fmt::format("{}", std::thread::hardware_concurrency())}};
}

std::string version_text(const Facts& facts) {
  std::string text = "hypersphere " HYPERSPHERE_VERSION;
  for (const auto& [name, fact] : facts)
    if (name != "version") text += fmt::format("\n{:<12} {}", name, fact);
  return text;
}

}  // namespace hypersphere
