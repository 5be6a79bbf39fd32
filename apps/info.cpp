// hypersphere info

#include <fmt/ranges.h>

#include <memory>
#include <thread>

#include "apps/bench/onednn.h"
#include "apps/subcommands.h"
#include "kernels/cpu/simd.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/settings.h"
#include "nn/model_file.h"
#include "nn/safetensors.h"

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

void print_build() {
  fmt::print("hypersphere {}\n", HYPERSPHERE_VERSION);
  fmt::print("compiler     {}\n", __VERSION__);
  fmt::print("CUDA         {}\n", describe_cuda());
  fmt::print("cuDNN        {}\n",
             cuda::cudnn_unavailable().empty() ? "for --conv cudnn" : cuda::cudnn_unavailable());
  fmt::print("cuBLASLt     {}\n",
             cuda::cublaslt_unavailable().empty() ? "for --gemm cublaslt" : cuda::cublaslt_unavailable());
  fmt::print("oneDNN       {}\n",
             onednn::in_this_build ? "for bench --against onednn" : "this build has no oneDNN");
  fmt::print("SIMD         {} in use, of {}\n", cpu::simd_target(), fmt::join(cpu::simd_targets(), ", "));
  fmt::print("threads      {}\n", std::thread::hardware_concurrency());
}

void print_model(const std::filesystem::path& file) {
  const Model model = load_model(file);
  fmt::print("\n{}\n", file.string());
  for (const auto& [key, value] : read_safetensors_metadata(file)) fmt::print("  {:<16} {}\n", key, value);
  fmt::print("  {:<16} {}\n", "parameters", model.network->parameter_count());
  fmt::print("  {:<16} {:.3f} G\n", "multiply-adds",
             static_cast<double>(model.network->multiply_adds()) * 1e-9);
}

}  // namespace

void add_info(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "what this program and a model are made of");
  command->footer("Example: hypersphere info --model run/model.safetensors");
  auto model = std::make_shared<std::filesystem::path>();
  command->add_option("--model", *model, "safetensors file that train wrote");
  command->callback([model] {
    print_build();
    if (!model->empty()) print_model(*model);
  });
}

}  // namespace hypersphere
