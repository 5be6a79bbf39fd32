// What several subcommands share on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/crop.h"
#include "apps/evaluation/compute.h"
#include "nn/model_file.h"

namespace hypersphere {

/// --device, --precision, --conv, --gemm and --threads.
struct Machine {
  std::string device = "auto", precision = "fp32", conv = "native", gemm = "native";
  int threads = 0;  ///< 0: one a core

  void add_to(CLI::App& command);
  /// Sets what holds for the whole program (compute threads, kernels/cuda/settings.h) and chooses the device: `auto`
  /// takes cuda where it can be used. A program with CUDA kernels that takes the cpu says why on standard error, once.
  /// Throws Error for a device or an engine that this build or machine does not have, and CLI::ValidationError for
  /// what the cpu does not do.
  Compute apply() const;
};

/// The crop that a command uses: the one on the command line, where `text` is not empty ("none" for no crop),
/// else the model's own.
std::optional<CropBox> choose_crop(const std::string& text, const Model& model);

/// "left,top,right,bottom" of a command line; nothing for an empty text or "none". Throws CLI::ValidationError for another.
std::optional<CropBox> crop_option(const std::string& text);

/// Adds --net, which takes the names of the networks; depth_of("sphereface-20") is 20.
CLI::Option* add_net(CLI::App& command, std::string& net);
int depth_of(const std::string& net);

/// Adds --crop for the commands that read photographs for a model.
void add_crop(CLI::App& command, std::string& text);

/// Replaces `--config FILE` of `train` and `ablate` (and, with --resume, the configuration of the run's folder) by the
/// options that the file holds. They come before those of the command line, so that the command line wins.
/// Throws Error for a file that cannot be read or parsed.
std::vector<std::string> expand_config(std::vector<std::string> arguments);

}  // namespace hypersphere
