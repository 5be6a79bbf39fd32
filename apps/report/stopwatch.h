// Elapsed wall-clock time.
#pragma once

#include <chrono>

namespace hypersphere {

/// Runs from its construction, or from `already` seconds before it.
class Stopwatch {
 public:
  explicit Stopwatch(double already = 0) : already_(already) {}
  double seconds() const {
    return already_ + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double already_;
};

}  // namespace hypersphere
