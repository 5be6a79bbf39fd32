// What several subcommands share on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/framing.h"
#include "apps/evaluation/compute.h"
#include "nn/model_file.h"

namespace hypersphere {

/// From now on, --threads 0 is this process's share of the cores of a machine on which so many of a job's processes compute.
void share_machine(int processes);

/// --device, --precision, --conv, --gemm and --threads.
struct Machine {
  std::string device = "auto", precision = "fp32", conv = "native", gemm = "native";
  int threads = 0;  ///< 0: one a core, or its share of them (share_machine)

  void add_to(CLI::App& command);
  /// Sets what holds for the whole program (compute threads, kernels/cuda/settings.h) and chooses the device: `auto`
  /// takes cuda where it can be used. A program with CUDA kernels that takes the cpu says why on standard error, once.
  /// Throws Error for a device or an engine that this build or machine does not have, and CLI::ValidationError for
  /// what the cpu does not do.
  Compute apply() const;
};

/// --crop, --landmarks and --one-based: how a command brings photographs to the picture that the network sees.
struct FramingOptions {
  std::string crop;  ///< "left,top,right,bottom"; "none" for all of a photograph
  std::filesystem::path landmarks;
  bool one_based = false;

  /// `of_model`: without any, what the model was trained with counts. Adds them to `group` of the help where that is not empty.
  void add_to(CLI::App& command, bool of_model, const std::string& group = "");
  /// What the command line says; without any, all of a photograph. Throws CLI::ValidationError for a crop that is none, Error for landmarks
  /// that cannot be read.
  Framing framing() const;
  /// What the command line says, else what the model was trained with. Where that were landmarks, photographs are taken to be aligned, and
  /// standard error says so.
  Framing for_model(const Model& model) const;
  bool given() const { return !crop.empty() || !landmarks.empty(); }
};

/// "left,top,right,bottom"; nothing for an empty text or "none". Throws CLI::ValidationError for another.
std::optional<CropBox> crop_option(const std::string& text);

/// Adds --net, which takes the names of the networks; depth_of("sphereface-20") is 20.
CLI::Option* add_net(CLI::App& command, std::string& net);
int depth_of(const std::string& net);

/// Puts the options that a command takes from elsewhere in front of those of the command line, so that it wins: those of the
/// file that --config names. For `train` and `ablate`, first those of --preset; with --resume, the configuration in the run's folder is that
/// file; and it may name a preset too. Of the options of which only one may be given, the strongest source's is kept.
/// Throws Error for a file that cannot be read or parsed.
std::vector<std::string> expand_config(std::vector<std::string> arguments);

}  // namespace hypersphere
