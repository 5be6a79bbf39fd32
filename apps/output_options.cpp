#include "apps/output_options.h"

#include <nlohmann/json.hpp>

#include "apps/report/console.h"
#include "tensor/file.h"

namespace hypersphere {

void OutputOptions::add_to(CLI::App& command) {
  const auto group = "Output";
  command.add_flag_callback("--quiet", be_quiet, "results, warnings and errors alone: no progress, no notes")
      ->configurable(false)
      ->group(group);
  command
      .add_option_function<std::string>(
          "--json",
          [this](const std::string& file) {
            json = file;
            if (file == "-") leave_standard_output();
          },
          "write the results to this file as JSON too; -: to standard output, and nothing else there")
      ->configurable(false)
      ->group(group);
  // expand_config has read the file by the time that the command line is parsed.
  command
      .add_option_function<std::string>(
          "--config", [](const std::string&) {}, "TOML file of options; the command line wins over it")
      ->configurable(false);
}

void OutputOptions::write(const nlohmann::json& results) const {
  if (json.empty()) return;
  const std::string text = results.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (json == "-")
    fmt::print("{}", text);
  else
    write_file_atomically(json, text);
}

}  // namespace hypersphere
