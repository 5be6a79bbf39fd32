#include "apps/environment.h"

#include <fmt/format.h>

namespace hypersphere {

const char* const exit_statuses = "0 success, 1 failure, 2 wrong usage, 130 after Ctrl-C";

const std::vector<EnvironmentVariable>& environment_variables() {
  static const std::vector<EnvironmentVariable> all = {
      {"HYPERSPHERE_SIMD", "AVX3, AVX2 or SSE4: a lesser instruction set than the best that the machine has"},
      {"OMP_PROC_BIND", "true: threads stay on their cores, as OpenMP knows it; their number is --threads's"},
      {"OMP_WAIT_POLICY",
       "passive: threads that wait leave their core to other programs, for a machine that is not idle"},
      {"TERM", "dumb: progress in plain lines on a terminal too"},
      {"CUDA_VISIBLE_DEVICES", "which GPU --device cuda takes"},
  };
  return all;
}

std::string environment_help() {
  std::string text;
  for (const EnvironmentVariable& variable : environment_variables())
    text += fmt::format("  {:<27} {}\n", variable.name, variable.meaning);
  return text;
}

}  // namespace hypersphere
