#include "tensor/allocator.h"

#include <cstring>
#include <thread>
#include <vector>

#include "tensor/error.h"
#include "tests/support.h"

using namespace hypersphere;

namespace {

// With AddressSanitizer nothing is cached: a cache would hide use after free.
#ifdef __SANITIZE_ADDRESS__
constexpr bool caching = false;
#else
constexpr bool caching = true;
#endif

AllocatorStats stats() { return allocator_stats(Device::cpu); }

}  // namespace

TEST_CASE("allocator: blocks are aligned, writable over their whole size, and apart") {
  std::vector<std::shared_ptr<std::byte>> blocks;
  std::vector<std::size_t> sizes = {0, 1, 63, 64, 65, 1000, 4097, 100000, (std::size_t{2} << 20) + 1};
  for (const std::size_t size : sizes) {
    blocks.push_back(allocate(size, Device::cpu));
    CHECK(reinterpret_cast<std::uintptr_t>(blocks.back().get()) % 64 == 0);
    std::memset(blocks.back().get(), static_cast<int>(blocks.size()), size);
  }
  for (std::size_t i = 0; i < sizes.size(); ++i)
    for (std::size_t j = 0; j < sizes[i]; j += 61)
      CHECK(static_cast<std::size_t>(blocks[i].get()[j]) == i + 1);
}

TEST_CASE("allocator: a freed block serves the next request of its size") {
  const std::size_t size = 123457;
  release_cached(Device::cpu);
  const std::int64_t calls = stats().system_calls;
  const std::byte* first = nullptr;
  {
    const auto block = allocate(size, Device::cpu);
    first = block.get();
    CHECK(stats().system_calls == calls + 1);
  }
  CHECK((stats().bytes_cached >= static_cast<std::int64_t>(size)) == caching);
  if (caching) {
    const auto again = allocate(size, Device::cpu);
    CHECK(again.get() == first);
    CHECK(stats().system_calls == calls + 1);
    const auto another = allocate(size, Device::cpu);
    CHECK(another.get() != first);
    CHECK(stats().system_calls == calls + 2);
  }
  release_cached(Device::cpu);
  CHECK(stats().bytes_cached == 0);
}

TEST_CASE("allocator: the last copy of a pointer frees the block") {
  const std::int64_t before = stats().bytes_in_use;
  auto block = allocate(1 << 16, Device::cpu);
  auto copy = block;
  block.reset();
  CHECK(stats().bytes_in_use >= before + (1 << 16));
  copy.reset();
  CHECK(stats().bytes_in_use == before);
}

TEST_CASE("allocator: the peak remembers the most that was in use") {
  reset_peak(Device::cpu);
  const std::int64_t before = stats().bytes_in_use;
  CHECK(stats().peak_bytes == before);
  {
    const auto one = allocate(1 << 20, Device::cpu), two = allocate(1 << 20, Device::cpu);
    CHECK(stats().bytes_in_use >= before + (2 << 20));
  }
  const auto three = allocate(1 << 20, Device::cpu);
  CHECK(stats().peak_bytes >= before + (2 << 20));
  CHECK(stats().peak_bytes < before + (3 << 20));
  reset_peak(Device::cpu);
  CHECK(stats().peak_bytes == stats().bytes_in_use);
}

TEST_CASE("allocator: rounding wastes at most an eighth") {
  for (const std::size_t size : {513, 5000, 70001, 1000003}) {
    const std::int64_t before = stats().bytes_in_use;
    const auto block = allocate(size, Device::cpu);
    const std::int64_t taken = stats().bytes_in_use - before;
    INFO("size ", size, " taken ", taken);
    CHECK(taken >= static_cast<std::int64_t>(size));
    CHECK(taken <= static_cast<std::int64_t>(size + size / 8 + 64));
  }
}

TEST_CASE("allocator: several threads at once") {
  const std::int64_t before = stats().bytes_in_use;
  std::vector<std::thread> threads;
  std::vector<int> damaged(4, 0);
  for (std::size_t id = 0; id < 4; ++id)
    threads.emplace_back([id, &damaged] {
      for (std::size_t i = 0; i < 500; ++i) {
        const std::size_t size = 100 + 64 * (i % 7);
        const auto block = allocate(size, Device::cpu);
        std::memset(block.get(), static_cast<int>(id), size);
        std::this_thread::yield();
        for (std::size_t j = 0; j < size; ++j) damaged[id] += static_cast<std::size_t>(block.get()[j]) != id;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(damaged == std::vector<int>(4, 0));
  CHECK(stats().bytes_in_use == before);
}

TEST_CASE("reservation: what was handed out while it was open goes to no one else before it ends") {
  constexpr std::size_t size = 234567;
  release_cached(Device::cpu);
  const std::byte *first = nullptr, *second = nullptr;
  std::shared_ptr<std::byte> outlives;
  {
    Reservation reservation(Device::cpu);
    reservation.open();
    {
      Reservation another(Device::cpu);
      CHECK_THROWS_WITH_AS(another.open(), doctest::Contains("open already"), Error);
    }
    {
      const auto one = allocate(size, Device::cpu), two = allocate(size, Device::cpu);
      first = one.get();
      second = two.get();
    }
    outlives = allocate(size, Device::cpu);  // while it is open, its blocks serve again
    CHECK((outlives.get() == first || outlives.get() == second));
    reservation.close();

    const auto outside = allocate(size, Device::cpu), more = allocate(size, Device::cpu);
    for (const auto& block : {outside, more}) CHECK((block.get() != first && block.get() != second));
    release_cached(Device::cpu);  // what is reserved stays: writing to it shows with AddressSanitizer
    std::memset(const_cast<std::byte*>(first), 1, size);
    std::memset(const_cast<std::byte*>(second), 1, size);

    reservation.open();
    const auto again = allocate(size, Device::cpu);
    CHECK((again.get() == first || again.get() == second));
    CHECK(again.get() != outlives.get());
  }
  const std::int64_t calls = stats().system_calls;
  outlives = nullptr;
  const auto one = allocate(size, Device::cpu), two = allocate(size, Device::cpu);
  if (caching) CHECK(stats().system_calls == calls);
}
