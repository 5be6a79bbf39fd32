#include "tests/fuzz/fuzz.h"

#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <cstdio>

namespace hypersphere::test {
namespace {

constexpr std::int64_t no_bound = std::int64_t{1} << 62;
// What this thread has allocated since its bound began; below 0 where it freed what was older.
thread_local std::int64_t live = 0, highest = 0, bound = no_bound;

void on_allocation(const volatile void*, std::size_t bytes) {
  live += static_cast<std::int64_t>(bytes);
  if (live > highest) highest = live;
  if (live <= bound) return;
  std::fprintf(stderr, "%lld bytes at a time, %lld are allowed for this input\n",
               static_cast<long long>(live), static_cast<long long>(bound));
  bound = no_bound;  // the report allocates too
  std::abort();
}

void on_free(const volatile void* block) {
  live -= static_cast<std::int64_t>(__sanitizer_get_allocated_size(const_cast<const void*>(block)));
}

// Of all inputs, the most bytes at a time above what an input of none may use, for a byte of the input: what the stated figure rests on.
double highest_per_byte = 0;

void print_highest() { std::fprintf(stderr, "memory_per_byte: %.1f\n", highest_per_byte); }

}  // namespace

MemoryBound::MemoryBound(std::size_t size, const MemoryAllowance& allowance)
    : size_(size), at_least_(allowance.at_least) {
  live = highest = 0;
  bound = static_cast<std::int64_t>(allowance.at_least + allowance.per_byte * size);
}

MemoryBound::~MemoryBound() {
  bound = no_bound;
  const auto above = static_cast<double>(highest) - static_cast<double>(at_least_);
  highest_per_byte = std::max(highest_per_byte, above / static_cast<double>(std::max<std::size_t>(1, size_)));
}

}  // namespace hypersphere::test

// libFuzzer calls it once, before the first input.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  using namespace hypersphere::test;
  if (__sanitizer_install_malloc_and_free_hooks(on_allocation, on_free) == 0) std::abort();
  std::atexit(print_highest);
  return 0;
}
