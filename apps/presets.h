// Recipes of training by name.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hypersphere {

/// Values of options of `train`, for those that neither the command line nor a configuration gives.
struct Preset {
  std::string name, explanation;
  std::vector<std::pair<std::string, std::string>> options;  ///< name without dashes, and value
};

const std::vector<Preset>& presets();
/// Null for a name that is none.
const Preset* find_preset(const std::string& name);

}  // namespace hypersphere
