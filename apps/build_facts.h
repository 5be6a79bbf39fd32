// What this program is made of: hypersphere info and hypersphere --version.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hypersphere {

/// Names and what to say of each, in their order.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// The version, the compiler, and what this build can use on this machine.
Facts build_facts();

/// "hypersphere 0.1.0", and the other facts on a line each.
std::string version_text(const Facts& facts = build_facts());

}  // namespace hypersphere
