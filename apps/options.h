// What several subcommands share on the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/crop.h"
#include "nn/model_file.h"
#include "tensor/dtype.h"

namespace hypersphere {

/// --device and --threads.
struct Machine {
  std::string device = "auto";
  int threads = 0;  ///< 0: one a core

  void add_to(CLI::App& command);
  /// Sets the number of compute threads and chooses the device. Throws Error for a device that this build or
  /// machine does not have.
  Device apply() const;
};

/// The crop that a command uses: the one on the command line, where `text` is not empty ("none" for no crop),
/// else the model's own.
std::optional<CropBox> choose_crop(const std::string& text, const Model& model);

/// Adds --crop for the commands that read photographs for a model.
void add_crop(CLI::App& command, std::string& text);

/// Replaces `--config FILE` of `train` (and, with --resume, the configuration of the run's folder) by the
/// options that the file holds. They come before those of the command line, so that the command line wins.
/// Throws Error for a file that cannot be read or parsed.
std::vector<std::string> expand_config(std::vector<std::string> arguments);

}  // namespace hypersphere
