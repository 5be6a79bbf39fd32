#include "kernels/profile.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace hypersphere::profile {
namespace {

struct Sum {
  std::int64_t calls = 0;
  double seconds = 0;
};

std::mutex mutex;
std::map<std::string, Sum> sums;  // guarded by mutex
thread_local Scope* innermost = nullptr;

}  // namespace

std::atomic<bool> recording = false;

void start() {
  const std::lock_guard lock(mutex);
  sums.clear();
  recording = true;
}

std::vector<Row> stop() {
  const std::lock_guard lock(mutex);
  recording = false;
  std::vector<Row> rows;
  for (const auto& [operation, sum] : std::exchange(sums, {}))
    rows.push_back({operation, sum.calls, sum.seconds});
  std::ranges::stable_sort(rows, std::ranges::greater(), &Row::seconds);
  return rows;
}

void Scope::begin(const char* operation) {
  operation_ = operation;
  outer_ = std::exchange(innermost, this);
  begin_ = Clock::now();
}

void Scope::end() {
  const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  innermost = outer_;
  if (outer_ != nullptr) outer_->inner_seconds_ += seconds;
  const std::lock_guard lock(mutex);
  if (!recording) return;  // the profile ended meanwhile
  Sum& sum = sums[operation_];
  ++sum.calls;
  sum.seconds += seconds - inner_seconds_;
}

}  // namespace hypersphere::profile
