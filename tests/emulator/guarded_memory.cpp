#include "emulator/guarded_memory.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>

#include "emulator/asan.h"

#if HYPERSPHERE_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace hypersphere::emulator {
namespace {

// Memory is a whole number of these; the guards before and behind are at least one each.
constexpr std::size_t guard = 1024;

// NaN in every format that kernels read, as the poison is, yet not what they write for a NaN.
constexpr auto marks = [] {
  std::array<unsigned char, 4 * guard> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = i % 2 == 0 ? 0xDB : 0x7F;
  return bytes;
}();
const unsigned char* marks_for(const std::byte* first) {
  return marks.data() + reinterpret_cast<std::uintptr_t>(first) % 2;
}
void mark(std::byte* first, std::byte* last) {
  std::memcpy(first, marks_for(first), static_cast<std::size_t>(last - first));
}
bool marked(const std::byte* first, const std::byte* last) {
  return std::memcmp(first, marks_for(first), static_cast<std::size_t>(last - first)) == 0;
}

}  // namespace

GuardedMemory::GuardedMemory(std::size_t bytes, std::size_t alignment) : bytes_(bytes) {
  const std::size_t front = guard + alignment;
  total_ = (front + bytes + guard + guard - 1) / guard * guard;
  allocation_.reset(static_cast<std::byte*>(std::aligned_alloc(guard, total_)));
  if (allocation_ == nullptr) throw std::bad_alloc();
  data_ = allocation_.get() + front;
  mark(allocation_.get(), data_);
  mark(data_ + bytes, allocation_.get() + total_);
#if HYPERSPHERE_ASAN
  ASAN_POISON_MEMORY_REGION(allocation_.get(), front);
  ASAN_POISON_MEMORY_REGION(data_ + bytes, total_ - front - bytes);
#endif
  fill_with_poison();
}

GuardedMemory::~GuardedMemory() {
#if HYPERSPHERE_ASAN
  if (allocation_ != nullptr) ASAN_UNPOISON_MEMORY_REGION(allocation_.get(), total_);
#endif
}

bool GuardedMemory::contains(const void* p, std::size_t count) const {
  const auto* first = static_cast<const std::byte*>(p);
  return !std::less<>()(first, data_) && !std::less<>()(data_ + bytes_, first + count);
}

void GuardedMemory::fill_with_poison() { std::memset(data_, poison, bytes_); }

std::string GuardedMemory::damage() const {
  if constexpr (HYPERSPHERE_ASAN) return {};  // it has aborted the program
  if (!marked(data_ + bytes_, allocation_.get() + total_)) return "behind its end";
  if (!marked(allocation_.get(), data_)) return "before its beginning";
  return {};
}

}  // namespace hypersphere::emulator
