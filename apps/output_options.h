// --quiet, --json and --config, which every command has.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>

namespace hypersphere {

struct OutputOptions {
  std::filesystem::path json;  ///< "-": standard output, which then holds nothing else

  void add_to(CLI::App& command);
  /// Writes a command's results where --json says; nothing without. Text that is not UTF-8, as names of files need not be, is
  /// written with replacement characters. Throws Error.
  void write(const nlohmann::json& results) const;
};

}  // namespace hypersphere
