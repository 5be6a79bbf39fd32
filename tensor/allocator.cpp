#include "tensor/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t huge_page = std::size_t{2} << 20;

// A cache would hide use-after-free and overruns from AddressSanitizer.
#ifdef __SANITIZE_ADDRESS__
constexpr bool keep_freed_blocks = false;
#else
constexpr bool keep_freed_blocks = true;
#endif

// Sizes are rounded to at most an eighth above the request, so that close sizes share blocks.
std::size_t round_up(std::size_t bytes) {
  if (!keep_freed_blocks) return std::max(bytes, std::size_t{1});
  std::size_t step = alignment;
  while (step * 16 < bytes) step *= 2;
  return std::max((bytes + step - 1) / step * step, alignment);
}

class CpuCache {
 public:
  std::byte* take(std::size_t bytes) {
    std::lock_guard lock(mutex_);
    std::byte* block = nullptr;
    if (auto& blocks = free_[bytes]; !blocks.empty()) {
      block = blocks.back();
      blocks.pop_back();
      stats_.bytes_cached -= static_cast<std::int64_t>(bytes);
    } else {
      block = from_system(bytes);
      if (block == nullptr) {
        empty();
        block = from_system(bytes);
      }
      expect(block != nullptr, "allocate: out of memory: {} bytes wanted with {} in use; try a smaller batch",
             bytes, stats_.bytes_in_use);
    }
    stats_.bytes_in_use += static_cast<std::int64_t>(bytes);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.bytes_in_use);
    return block;
  }

  void give(std::byte* block, std::size_t bytes) noexcept {
    std::lock_guard lock(mutex_);
    stats_.bytes_in_use -= static_cast<std::int64_t>(bytes);
    if (!keep_freed_blocks) {
      std::free(block);
      return;
    }
    try {
      free_[bytes].push_back(block);
      stats_.bytes_cached += static_cast<std::int64_t>(bytes);
    } catch (const std::bad_alloc&) {
      std::free(block);
    }
  }

  AllocatorStats stats() {
    std::lock_guard lock(mutex_);
    return stats_;
  }

  void reset_peak() {
    std::lock_guard lock(mutex_);
    stats_.peak_bytes = stats_.bytes_in_use;
  }

  void release() {
    std::lock_guard lock(mutex_);
    empty();
  }

 private:
  std::byte* from_system(std::size_t bytes) {
    ++stats_.system_calls;
    const std::size_t align = bytes >= huge_page ? huge_page : alignment;
    void* block = nullptr;
    if (posix_memalign(&block, align, bytes) != 0) return nullptr;
    // Large pages spare the page-table walks that strided reads of big activations would cost. Only advice.
    if (bytes >= huge_page) (void)madvise(block, bytes, MADV_HUGEPAGE);
    return static_cast<std::byte*>(block);
  }

  void empty() {
    for (auto& [size, blocks] : free_)
      for (std::byte* block : blocks) std::free(block);
    free_.clear();
    stats_.bytes_cached = 0;
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<std::byte*>> free_;
  AllocatorStats stats_;
};

// Never destroyed: tensors in static storage may outlive any order of destruction.
CpuCache& cpu_cache() {
  static auto* cache = new CpuCache;
  return *cache;
}

void require_cpu(Device device) {
  expect(device == Device::cpu, "allocate: this build has no {} backend", to_string(device));
}

}  // namespace

std::shared_ptr<std::byte> allocate(std::size_t bytes, Device device) {
  require_cpu(device);
  const std::size_t rounded = round_up(bytes);
  std::byte* block = cpu_cache().take(rounded);
  return {block, [rounded](std::byte* p) { cpu_cache().give(p, rounded); }};
}

AllocatorStats allocator_stats(Device device) {
  require_cpu(device);
  return cpu_cache().stats();
}

void reset_peak(Device device) {
  require_cpu(device);
  cpu_cache().reset_peak();
}

void release_cached(Device device) {
  require_cpu(device);
  cpu_cache().release();
}

}  // namespace hypersphere
