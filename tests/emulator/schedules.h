// What the emulator's own tests share: device memory, and outcomes under every schedule.
#pragma once

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "emulator/emulator.h"
#include "tensor/cuda_memory.h"

namespace hypersphere::test {

/// An array on the device, never written to until asked.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : bytes_(cuda::allocate_block(count * sizeof(T))), count_(count) {}
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    std::memcpy(bytes_, values.data(), count_ * sizeof(T));
  }
  ~DeviceArray() { cuda::release_block(bytes_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;

  T* get() const { return reinterpret_cast<T*>(bytes_); }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    std::memcpy(result.data(), bytes_, count_ * sizeof(T));
    return result;
  }

 private:
  std::byte* bytes_;
  std::size_t count_;
};

/// What a run came to under one schedule.
struct Outcome {
  std::string schedule;
  bool right = false;
  std::string report;  // of the KernelError, if it threw one
};

/// run() says whether its results are right.
inline std::vector<Outcome> under_all_schedules(const std::function<bool()>& run) {
  struct Restore {
    ~Restore() { emulator::set_schedule({}); }
  } restore;
  std::vector<Outcome> outcomes;
  for (const emulator::Schedule& schedule : emulator::schedules()) {
    emulator::set_schedule(schedule);
    Outcome outcome;
    outcome.schedule = schedule.name();
    try {
      outcome.right = run();
    } catch (const emulator::KernelError& e) {
      outcome.report = e.what();
    }
    outcomes.push_back(outcome);
  }
  return outcomes;
}

}  // namespace hypersphere::test
