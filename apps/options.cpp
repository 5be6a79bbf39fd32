#include "apps/options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "apps/presets.h"
#include "apps/report/console.h"
#include "kernels/cpu/parallel.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/settings.h"
#include "tensor/text.h"

namespace hypersphere {
namespace {

// The value of `--name VALUE` or `--name=VALUE`, where present.
std::optional<std::string> value_of(const std::vector<std::string>& arguments, const std::string& name) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == name && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].starts_with(name + "=")) return arguments[i].substr(name.size() + 1);
  }
  return std::nullopt;
}

bool mentions(const std::vector<std::string>& arguments, const std::string& name) {
  return std::ranges::any_of(
      arguments, [&](const std::string& word) { return word == name || word.starts_with(name + "="); });
}

// An option and its value.
struct Given {
  std::string name, value;
};

// The file's text; nothing in it is a section. CLI11 would read those, and keep as many copies of each as it is deep.
std::string read_flat_text(const std::string& file) {
  std::ifstream stream(file);
  expect(stream.good(), "--config {}: cannot read the file", file);
  std::string text, line;
  for (int number = 1; std::getline(stream, line); ++number) {
    const std::string_view trimmed = trim(line);
    expect(!trimmed.starts_with('[') || !trimmed.ends_with(']'),
           "--config {}:{}: expected name = value lines, found the section {}", file, number, trimmed);
    text += line + "\n";
  }
  return text;
}

std::vector<Given> read_config(const std::string& file) {
  std::istringstream text(read_flat_text(file));
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_config(text);
  } catch (const CLI::Error& error) {
    fail("--config {}: {}", file, error.what());
  }
  std::vector<Given> options;
  for (const CLI::ConfigItem& item : items) {
    expect(item.parents.empty(), "--config {}: expected name = value lines, found '{}' of a section", file,
           item.name);
    // An option without a value is written as "" and left at its default.
    if (item.inputs.size() == 1 && item.inputs[0].empty()) continue;
    expect(!item.inputs.empty(), "--config {}: '{}' has no value", file, item.name);
    std::string value = item.inputs[0];
    for (std::size_t i = 1; i < item.inputs.size(); ++i) value += "," + item.inputs[i];
    options.push_back({item.name, value});
  }
  return options;
}

// Whether `name` is one of several options of which only one may be given, and `stronger` has one of these.
bool replaced(const std::string& name, const std::vector<Given>& stronger) {
  const std::vector<std::vector<std::string>> exclusive = {{"iterations", "epochs", "minutes"},
                                                           {"val-pairs", "hold-out"}};
  const auto has = [](const std::vector<std::string>& group, const std::string& wanted) {
    return std::ranges::find(group, wanted) != group.end();
  };
  return std::ranges::any_of(exclusive, [&](const std::vector<std::string>& group) {
    return has(group, name) &&
           std::ranges::any_of(stronger, [&](const Given& other) { return has(group, other.name); });
  });
}

int processes_here = 1;

// Those that the launcher left to this process, and not more than its share of the machine's.
int cores_for_this_process() {
  const auto allowed = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const auto all = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  return std::clamp(all / processes_here, 1, allowed);
}

Device choose_device(const std::string& word) {
  if (word == "cpu") return Device::cpu;
  const std::string& problem = cuda::unavailable();
  if (problem.empty()) return Device::cuda;
  expect(word != "cuda", "--device cuda: {}; use --device cpu", problem);
  static bool said = false;
  if (cuda::kernels_in_this_build() && !std::exchange(said, true)) note("computing on the cpu: {}", problem);
  return Device::cpu;
}

}  // namespace

void Machine::add_to(CLI::App& command) {
  const auto group = "Machine";
  command.add_option("--device", device, "where to compute: auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str()
      ->group(group);
  command
      .add_option(
          "--precision", precision,
          "fp32; on cuda also tf32: products of tf32, or bf16: activations of bf16, weights kept in fp32")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--conv", conv, "whose convolutions on cuda: native, or cudnn to compare with")
      ->check(CLI::IsMember({"native", "cudnn"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--gemm", gemm, "whose matrix products on cuda: native, or cublaslt to compare with")
      ->check(CLI::IsMember({"native", "cublaslt"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--threads", threads, "compute threads; 0 for one a core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group(group);
}

void share_machine(int processes) { processes_here = processes; }

Compute Machine::apply() const {
  cpu::set_thread_count(threads > 0 ? threads : cores_for_this_process());
  const Device chosen = choose_device(device);
  for (const auto& [option, value, plain] :
       {std::array{"--precision", precision.c_str(), "fp32"}, std::array{"--conv", conv.c_str(), "native"},
        std::array{"--gemm", gemm.c_str(), "native"}})
    if (chosen == Device::cpu && std::string_view(value) != plain)
      throw CLI::ValidationError(
          fmt::format("{} {}: needs --device cuda, on the cpu there is {}", option, value, plain));
  expect(conv == "native" || cuda::cudnn_unavailable().empty(), "--conv cudnn: {}",
         cuda::cudnn_unavailable());
  expect(gemm == "native" || cuda::cublaslt_unavailable().empty(), "--gemm cublaslt: {}",
         cuda::cublaslt_unavailable());
  cuda::set_conv_engine(conv == "native" ? cuda::ConvEngine::native : cuda::ConvEngine::cudnn);
  cuda::set_gemm_engine(gemm == "native" ? cuda::GemmEngine::native : cuda::GemmEngine::cublaslt);
  // With bf16, the head's products stay in f32 tensors; tf32 multiplies those with more digits than bf16 has.
  cuda::set_matrix_precision(precision == "fp32" ? cuda::MatrixPrecision::fp32 : cuda::MatrixPrecision::tf32);
  return {chosen, precision == "bf16" ? DType::bf16 : DType::f32};
}

void FramingOptions::add_to(CLI::App& command, bool of_model, const std::string& group) {
  const std::string otherwise = of_model ? "; default: as the model was trained" : "";
  std::vector<CLI::Option*> added = {
      command.add_option(
          "--crop", crop,
          "left,top,right,bottom in pixels, or none: the part of each photograph to use" + otherwise),
      command.add_option(
          "--landmarks", landmarks,
          "file with a path and x1 y1 ... x5 y5 on each line: align each photograph by its own"),
      command.add_flag("--one-based", one_based, "the landmarks count pixels from 1, as MATLAB does")};
  if (!group.empty())
    for (CLI::Option* option : added) option->group(group);
}

// Not CLI11's excludes and needs: a configuration file writes all options, the empty ones too.
Framing FramingOptions::framing() const {
  const bool boxed = crop_option(crop).has_value();
  if (boxed && !landmarks.empty()) throw CLI::ValidationError("--crop and --landmarks: give one of them");
  if (one_based && landmarks.empty()) throw CLI::ValidationError("--one-based: goes with --landmarks");
  if (landmarks.empty()) return crop_option(crop);
  return Framing(std::make_shared<const LandmarksFile>(LandmarksFile::read(landmarks, one_based)));
}

Framing FramingOptions::for_model(const Model& model) const {
  if (given() || one_based) return framing();
  if (model.preprocessing.crop != "landmarks") return crop_option(model.preprocessing.crop);
  note(
      "note: the model was trained on faces aligned by landmarks; without --landmarks, photographs are taken "
      "to be aligned");
  return {};
}

std::optional<CropBox> crop_option(const std::string& text) {
  if (text.empty() || text == "none") return std::nullopt;
  try {
    return parse_crop(text);
  } catch (const Error& error) {
    throw CLI::ValidationError(error.what());
  }
}

CLI::Option* add_net(CLI::App& command, std::string& net) {
  return command.add_option("--net", net, "sphereface-4, -10, -20, -36 or -64")
      ->check(
          CLI::IsMember({"sphereface-4", "sphereface-10", "sphereface-20", "sphereface-36", "sphereface-64"}))
      ->capture_default_str();
}

int depth_of(const std::string& net) { return std::stoi(net.substr(net.find('-') + 1)); }

std::vector<std::string> expand_config(std::vector<std::string> arguments) {
  if (arguments.empty()) return arguments;
  const bool trains = arguments[0] == "train" || arguments[0] == "ablate";
  std::optional<std::string> file = value_of(arguments, "--config");
  if (trains && !file && mentions(arguments, "--resume")) {
    const auto folder = value_of(arguments, "--out");
    const std::filesystem::path kept = std::filesystem::path(folder.value_or("")) / "config.toml";
    if (folder && std::filesystem::exists(kept)) file = kept.string();
  }
  const std::vector<Given> configured = file ? read_config(*file) : std::vector<Given>{};
  std::vector<Given> words = configured;  // what wins over the preset
  for (const std::string& word : arguments)
    if (word.starts_with("--")) words.push_back({word.substr(2, word.find('=') - 2), ""});
  std::optional<std::string> preset = value_of(arguments, "--preset");
  if (const auto named = std::ranges::find(configured, "preset", &Given::name);
      !preset && trains && named != configured.end())
    preset = named->value;

  const std::ptrdiff_t command_words = arguments[0] == "bench" && arguments.size() > 1 ? 2 : 1;
  std::vector<std::string> expanded(arguments.begin(), arguments.begin() + command_words);
  const auto add = [&](const std::vector<Given>& options, const std::vector<Given>& stronger) {
    for (const Given& option : options)
      if (!replaced(option.name, stronger)) expanded.push_back("--" + option.name + "=" + option.value);
  };
  if (const Preset* known = trains && preset ? find_preset(*preset) : nullptr) {
    // What an ablation varies is not the preset's to say.
    constexpr std::array varied = {"net", "head", "margin", "seed"};
    std::vector<Given> options;
    for (const auto& [name, value] : known->options)
      if (arguments[0] != "ablate" || std::ranges::find(varied, name) == varied.end())
        options.push_back({name, value});
    add(options, words);
  }
  add(configured, {words.begin() + std::ssize(configured), words.end()});
  expanded.insert(expanded.end(), arguments.begin() + command_words, arguments.end());
  return expanded;
}

}  // namespace hypersphere
