// hypersphere info

#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/bench/onednn.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
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

// Names and what to say of each, in their order.
using Facts = std::vector<std::pair<std::string, std::string>>;

Facts build_facts() {
  return {{"version", HYPERSPHERE_VERSION},
          {"compiler", __VERSION__},
          {"CUDA", describe_cuda()},
          {"cuDNN", cuda::cudnn_unavailable().empty() ? "for --conv cudnn" : cuda::cudnn_unavailable()},
          {"cuBLASLt",
           cuda::cublaslt_unavailable().empty() ? "for --gemm cublaslt" : cuda::cublaslt_unavailable()},
          {"oneDNN", onednn::in_this_build ? "for bench --against onednn" : "this build has no oneDNN"},
          {"SIMD", fmt::format("{} in use, of {}", cpu::simd_target(), fmt::join(cpu::simd_targets(), ", "))},
          {"threads", fmt::format("{}", std::thread::hardware_concurrency())}};
}

Facts model_facts(const std::filesystem::path& file) {
  const Model model = load_model(file);
  Facts facts;
  for (const auto& [key, value] : read_safetensors_metadata(file)) facts.emplace_back(key, value);
  facts.emplace_back("parameters", fmt::format("{}", model.network->parameter_count()));
  facts.emplace_back("multiply-adds",
                     fmt::format("{:.3f} G", static_cast<double>(model.network->multiply_adds()) * 1e-9));
  return facts;
}

void info(const std::filesystem::path& model, const OutputOptions& output) {
  nlohmann::json json;
  tell("hypersphere {}\n", HYPERSPHERE_VERSION);
  for (const auto& [key, value] : build_facts()) {
    if (key != "version") tell("{:<12} {}\n", key, value);
    json["program"][key] = value;
  }
  if (!model.empty()) {
    tell("\n{}\n", model.string());
    for (const auto& [key, value] : model_facts(model)) {
      tell("  {:<16} {}\n", key, value);
      json["model"][key] = value;
    }
  }
  output.write(json);
}

}  // namespace

void add_info(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "what this program and a model are made of");
  command->footer("Example: hypersphere info --model run/model.safetensors");
  auto model = std::make_shared<std::filesystem::path>();
  command->add_option("--model", *model, "safetensors file that train wrote");
  auto output = std::make_shared<OutputOptions>();
  output->add_to(*command);
  command->callback([model, output] { info(*model, *output); });
}

}  // namespace hypersphere
