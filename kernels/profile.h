// Where the time goes: every operation's calls and seconds on the CPU, counted where dispatch.h chooses the backend.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace hypersphere::profile {

/// What the calls of one operation took together.
struct Row {
  std::string operation;   ///< the name of its function
  std::int64_t calls = 0;  ///< that ended while the profile was on
  double seconds = 0;      ///< without those of operations that it called, so that rows may be added up
};

/// Forgets what was recorded and records from now on.
void start();
/// Ends the recording and returns it, the longest first. Of what other threads are in the middle of, nothing is
/// recorded.
std::vector<Row> stop();

/// Whether a profile is being recorded.
extern std::atomic<bool> recording;

/// Records the time from its construction to its end as one call of `operation`, a string that must outlive it, while a
/// profile is recorded; costs one relaxed load where none is. Only for the cpu: on cuda a call returns before its kernel
/// has run and a replayed graph makes no calls at all, so that the host's time would tell nothing; use Nsight there.
class Scope {
 public:
  Scope(Device device, const char* operation) {
    if (device == Device::cpu && recording.load(std::memory_order_relaxed)) begin(operation);
  }
  ~Scope() {
    if (operation_ != nullptr) end();
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  void begin(const char* operation);
  void end();

  const char* operation_ = nullptr;  // null: not recorded
  Scope* outer_ = nullptr;           // the operation that called this one, on the same thread
  double inner_seconds_ = 0;         // of those that this one called
  Clock::time_point begin_;
};

}  // namespace hypersphere::profile
