#include "tensor/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include "tensor/cuda_memory.h"
#include "tensor/error.h"

namespace hypersphere {

using FreeBlocks = std::map<std::size_t, std::vector<std::byte*>>;

// The blocks of a reservation that are not in use. Kept alive by the reservation and by each of its blocks in use.
struct Reservation::Pool {
  FreeBlocks free;
  bool ended = false;
};

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

// Where a cache's blocks come from.
struct System {
  std::byte* (*take)(std::size_t bytes);  // null when memory runs out
  void (*give)(std::byte* block) noexcept;
};

std::byte* take_from_host(std::size_t bytes) {
  const std::size_t align = bytes >= huge_page ? huge_page : alignment;
  void* block = nullptr;
  if (posix_memalign(&block, align, bytes) != 0) return nullptr;
  // Large pages spare the page-table walks that strided reads of big activations would cost. Only advice.
  if (bytes >= huge_page) (void)madvise(block, bytes, MADV_HUGEPAGE);
  return static_cast<std::byte*>(block);
}

void give_to_host(std::byte* block) noexcept { std::free(block); }

}  // namespace

// A block of the CUDA device may be handed out again while kernels that used it before are still waiting to run: all
// work is in the order of one compute stream.
class Cache {
 public:
  using Pool = Reservation::Pool;

  explicit Cache(System system) : system_(system) {}

  struct Block {
    std::byte* start;
    std::shared_ptr<Pool> owner;  // null where the block belongs to the cache
  };

  Block take(std::size_t bytes) {
    std::lock_guard lock(mutex_);
    Block block{nullptr, open_};
    if (open_ != nullptr) block.start = pop(open_->free, bytes);
    if (block.start == nullptr && (block.start = pop(free_, bytes)) != nullptr)
      stats_.bytes_cached -= static_cast<std::int64_t>(bytes);
    if (block.start == nullptr) {
      block.start = from_system(bytes);
      if (block.start == nullptr) {
        empty();
        block.start = from_system(bytes);
      }
      expect(block.start != nullptr,
             "allocate: out of memory: {} bytes wanted with {} in use; try a smaller batch", bytes,
             stats_.bytes_in_use);
    }
    stats_.bytes_in_use += static_cast<std::int64_t>(bytes);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.bytes_in_use);
    return block;
  }

  void give(const Block& block, std::size_t bytes) noexcept {
    std::lock_guard lock(mutex_);
    stats_.bytes_in_use -= static_cast<std::int64_t>(bytes);
    if (block.owner == nullptr || block.owner->ended) return keep(block.start, bytes);
    try {
      block.owner->free[bytes].push_back(block.start);
    } catch (const std::bad_alloc&) {  // the block is lost, which is better than given to two
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

  void open(const std::shared_ptr<Pool>& pool) {
    std::lock_guard lock(mutex_);
    expect(open_ == nullptr, "allocator: a reservation is open already");
    open_ = pool;
  }

  void close(const std::shared_ptr<Pool>& pool) {
    std::lock_guard lock(mutex_);
    if (open_ == pool) open_ = nullptr;
  }

  void end(const std::shared_ptr<Pool>& pool) {
    std::lock_guard lock(mutex_);
    if (open_ == pool) open_ = nullptr;
    pool->ended = true;
    for (const auto& [bytes, blocks] : pool->free)
      for (std::byte* block : blocks) keep(block, bytes);
    pool->free.clear();
  }

 private:
  static std::byte* pop(FreeBlocks& free, std::size_t bytes) {
    const auto found = free.find(bytes);
    if (found == free.end() || found->second.empty()) return nullptr;
    std::byte* const block = found->second.back();
    found->second.pop_back();
    return block;
  }

  void keep(std::byte* block, std::size_t bytes) noexcept {
    if (!keep_freed_blocks) return system_.give(block);
    try {
      free_[bytes].push_back(block);
      stats_.bytes_cached += static_cast<std::int64_t>(bytes);
    } catch (const std::bad_alloc&) {
      system_.give(block);
    }
  }

  std::byte* from_system(std::size_t bytes) {
    ++stats_.system_calls;
    return system_.take(bytes);
  }

  void empty() {
    for (auto& [size, blocks] : free_)
      for (std::byte* block : blocks) system_.give(block);
    free_.clear();
    stats_.bytes_cached = 0;
  }

  const System system_;
  std::mutex mutex_;
  FreeBlocks free_;
  std::shared_ptr<Pool> open_;
  AllocatorStats stats_;
};

namespace {

// Never destroyed: tensors in static storage may outlive any order of destruction.
Cache& cache_of(Device device) {
  static auto* host = new Cache({take_from_host, give_to_host});
  static auto* cuda = new Cache({cuda::allocate_block, cuda::release_block});
  return device == Device::cpu ? *host : *cuda;
}

}  // namespace

std::shared_ptr<std::byte> allocate(std::size_t bytes, Device device) {
  const std::size_t rounded = round_up(bytes);
  const Cache::Block block = cache_of(device).take(rounded);
  return {block.start, [rounded, device, block](std::byte*) { cache_of(device).give(block, rounded); }};
}

AllocatorStats allocator_stats(Device device) { return cache_of(device).stats(); }
void reset_peak(Device device) { cache_of(device).reset_peak(); }
void release_cached(Device device) { cache_of(device).release(); }

Reservation::Reservation(Device device) : device_(device), pool_(std::make_shared<Pool>()) {}
Reservation::~Reservation() { cache_of(device_).end(pool_); }
void Reservation::open() { cache_of(device_).open(pool_); }
void Reservation::close() { cache_of(device_).close(pool_); }

}  // namespace hypersphere
