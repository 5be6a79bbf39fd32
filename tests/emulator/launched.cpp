#include "emulator/launched.h"

#include <cstdlib>
#include <fstream>
#include <mutex>
#include <set>

#include "emulator/emulator.h"

namespace hypersphere::emulator {
namespace {

struct Launched {
  std::mutex mutex;
  std::set<std::string> names;
};

void append_to_file();

// Never destroyed, as it is read while the program ends.
Launched& launched() {
  static auto* instance = [] {
    std::atexit(append_to_file);
    return new Launched;
  }();
  return *instance;
}

void append_to_file() {
  const char* path = std::getenv("HYPERSPHERE_LAUNCHED_KERNELS");
  if (path == nullptr || *path == '\0') return;
  std::ofstream file(path, std::ios::app);
  for (const std::string& name : launched_kernels()) file << name << '\n';
}

}  // namespace

void record_launch(const std::string& kernel) {
  const std::lock_guard lock(launched().mutex);
  launched().names.insert(kernel.substr(0, kernel.find('<')));
}

std::set<std::string> launched_kernels() {
  const std::lock_guard lock(launched().mutex);
  return launched().names;
}

}  // namespace hypersphere::emulator
