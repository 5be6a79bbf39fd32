// Caching allocator: blocks that were freed are kept by size and handed out again, so that a training step,
// which asks for the same sizes every time, costs no system calls and no page faults after the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tensor/dtype.h"

namespace hypersphere {

struct AllocatorStats {
  std::int64_t bytes_in_use = 0;  ///< handed out and not yet freed
  std::int64_t peak_bytes = 0;    ///< largest bytes_in_use since the start or reset_peak()
  std::int64_t bytes_cached = 0;  ///< freed blocks kept for reuse, without those of a Reservation
  std::int64_t system_calls = 0;  ///< how often memory came from the system
};

/// A block of `bytes` bytes or more, aligned to 64 bytes, not initialised. It returns to the cache when the
/// last copy of the pointer goes. Thread-safe. Throws Error when memory runs out (after emptying the cache)
/// or when `device` has no backend in this build.
std::shared_ptr<std::byte> allocate(std::size_t bytes, Device device);

AllocatorStats allocator_stats(Device device);
void reset_peak(Device device);
/// Gives every cached block back to the system, except for those of a Reservation.
void release_cached(Device device);

/// Memory of work that is recorded once and then done many times, as a CUDA graph's is. Such work goes on writing to
/// the blocks that it was recorded with, also to those that were freed while it was recorded. So every block that is
/// handed out while a reservation is open belongs to it: once freed, it waits for the next time that the reservation is
/// open, and neither anyone else nor the system gets it before the reservation ends. What the work uses and did not
/// allocate itself must be kept alive by whoever repeats it.
class Reservation {
 public:
  explicit Reservation(Device device);
  /// Its free blocks go to the cache, those in use when they are freed.
  ~Reservation();
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

  /// From now on, until close(), whatever is allocated on the device belongs here. Throws Error while another
  /// reservation of the device is open.
  void open();
  void close();

 private:
  struct Pool;
  friend class Cache;
  Device device_;
  std::shared_ptr<Pool> pool_;
};

}  // namespace hypersphere
