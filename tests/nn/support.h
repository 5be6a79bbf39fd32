// What the tests of nn share.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "kernels/cpu/parallel.h"
#include "nn/model_file.h"
#include "nn/solver.h"
#include "tests/support.h"

namespace hypersphere::test {

/// A folder that is gone when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() /
            ("hypersphere-test-nn-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// One thread while it lives: arrays as small as the tests' are not worth a second one, and where other programs
/// keep the machine busy, each meeting of two threads can last a scheduler's time slice.
struct OneThread {
  int before = cpu::thread_count();
  OneThread() { cpu::set_thread_count(1); }
  ~OneThread() { cpu::set_thread_count(before); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
};

inline std::string read_bytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// Whether two modules hold the same parameters, bit for bit; with `momentum`, the solver's velocity too.
inline bool same_parameters(Module& a, Module& b, bool momentum = false) {
  const auto left = a.parameters(), right = b.parameters();
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const Parameter &one = *left[i].parameter, &two = *right[i].parameter;
    if (left[i].name != right[i].name || !same_bits(one.variable.value(), two.variable.value())) return false;
    if (momentum && !same_bits(one.momentum, two.momentum)) return false;
  }
  return true;
}

/// A network that trains in a moment: every part of the real one, narrow.
inline SphereFaceOptions small_network() {
  return {.depth = 10, .widths = {8, 12, 16, 16}, .height = 32, .width = 24, .embedding = 16};
}

inline Model small_model(std::uint64_t seed, HeadOptions head = {}, std::int64_t classes = 4) {
  Model model;
  model.network = std::make_unique<SphereFace>(small_network());
  model.head = std::make_unique<Head>(head, small_network().embedding, classes);
  model.network->initialise(seed);
  model.head->initialise(seed);
  return model;
}

}  // namespace hypersphere::test
