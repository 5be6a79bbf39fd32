// Memory of an exact size between two guards, for the shared arrays of a block.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>

namespace hypersphere::emulator {

/// What memory holds before anything is written to it: NaN as float, double and bf16, -1 as an integer.
inline constexpr int poison = 0xFF;

/// `bytes` bytes aligned to `alignment` and deliberately to no more, so that a kernel which needs more fails
/// here and not on a device. AddressSanitizer reports any access to the guards; without it, what is read
/// there is NaN and damage() tells of what was written.
class GuardedMemory {
 public:
  /// alignment: a power of two from 8 to 128.
  GuardedMemory(std::size_t bytes, std::size_t alignment);
  ~GuardedMemory();
  GuardedMemory(GuardedMemory&&) noexcept = default;
  GuardedMemory& operator=(GuardedMemory&&) noexcept = delete;

  std::byte* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  bool contains(const void* p, std::size_t count) const;

  void fill_with_poison();
  /// Empty, or which guard was written to.
  std::string damage() const;

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Free> allocation_;
  std::size_t total_ = 0, bytes_;
  std::byte* data_ = nullptr;
};

}  // namespace hypersphere::emulator
