// What the program takes from and gives to the shell that calls it besides its options, for --help and for the manual page.
#pragma once

#include <string>
#include <vector>

namespace hypersphere {

struct EnvironmentVariable {
  std::string name, meaning;
};

const std::vector<EnvironmentVariable>& environment_variables();

/// A line each, indented as the rest of --help is.
std::string environment_help();

/// What the program's exit codes mean, in one line.
extern const char* const exit_statuses;

}  // namespace hypersphere
