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
  std::int64_t bytes_cached = 0;  ///< freed blocks kept for reuse
  std::int64_t system_calls = 0;  ///< how often memory came from the system
};

/// A block of `bytes` bytes or more, aligned to 64 bytes, not initialised. It returns to the cache when the
/// last copy of the pointer goes. Thread-safe. Throws Error when memory runs out (after emptying the cache)
/// or when `device` has no backend in this build.
std::shared_ptr<std::byte> allocate(std::size_t bytes, Device device);

AllocatorStats allocator_stats(Device device);
void reset_peak(Device device);
/// Gives every cached block back to the system.
void release_cached(Device device);

}  // namespace hypersphere
