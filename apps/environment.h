// The environment variables that the program reads, for --help and for the manual page.
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

}  // namespace hypersphere
