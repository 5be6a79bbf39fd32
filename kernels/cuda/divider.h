// Division of indices by a number that a whole launch shares: a GPU has no instruction for it, and kernels divide
// whenever they turn a row of a matrix back into a pixel.
#pragma once

#include <bit>
#include <cstdint>

namespace hypersphere::cuda {

/// Divides 0 <= n < 2^31 by a fixed 1 <= divisor < 2^31 with a multiplication and a shift (Granlund, Montgomery:
/// "Division by invariant integers using multiplication", PLDI 1994, theorem 4.2 with 31-bit operands).
struct Divider {
  std::uint32_t divisor = 1, multiplier = 0, shift = 0;

  Divider() = default;
  explicit Divider(std::int64_t by) : divisor(static_cast<std::uint32_t>(by)) {
    if (divisor == 1) return;
    // multiplier = ceil(2^(31 + bits) / divisor) with bits = ceil(log2(divisor)); it fits into 32 bits.
    const int bits = std::bit_width(divisor - 1);
    const std::uint64_t power = std::uint64_t{1} << (31 + bits);
    multiplier = static_cast<std::uint32_t>((power + divisor - 1) / divisor);
    shift = static_cast<std::uint32_t>(bits - 1);
  }

#ifdef __CUDACC__
  __host__ __device__
#endif
      std::uint32_t
      quotient(std::uint32_t n) const {
    if (divisor == 1) return n;
    return static_cast<std::uint32_t>((std::uint64_t{n} * multiplier) >> 32) >> shift;
  }
};

}  // namespace hypersphere::cuda
