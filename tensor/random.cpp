#include "tensor/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/error.h"

namespace hypersphere {

std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  auto high = [](std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); };
  std::array<std::uint32_t, 4> c = {low(counter), high(counter), low(stream), high(stream)};
  std::uint32_t key0 = low(seed), key1 = high(seed);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = std::uint64_t{0xD2511F53} * c[0], p1 = std::uint64_t{0xCD9E8D57} * c[2];
    c = {high(p1) ^ c[1] ^ key0, low(p1), high(p0) ^ c[3] ^ key1, low(p0)};
    key0 += 0x9E3779B9;  // the golden ratio and sqrt(3) - 1, as in the paper's Weyl sequence
    key1 += 0xBB67AE85;
  }
  return c;
}

std::uint32_t Random::bits() {
  if (left_ == 0) {
    block_ = philox(seed_, stream_, counter_++);
    left_ = 4;
  }
  return block_[static_cast<std::size_t>(4 - left_--)];
}

void Random::skip(std::uint64_t count) {
  const auto here = std::min<std::uint64_t>(count, static_cast<std::uint64_t>(left_));
  left_ -= static_cast<int>(here);
  count -= here;
  counter_ += count / 4;
  for (count %= 4; count > 0; --count) bits();
}

float Random::uniform() { return static_cast<float>(bits() >> 8) * 0x1p-24f; }

float Random::normal() {
  const double u = (static_cast<double>(bits()) + 1.0) * 0x1p-32;  // in (0, 1]
  const double v = static_cast<double>(bits()) * 0x1p-32;
  return static_cast<float>(std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v));
}

std::uint32_t Random::below(std::uint32_t bound) {
  expect(bound > 0, "random: a bound of 0 leaves no integer to draw");
  // Values above the last whole multiple of `bound` would favour small results; draw again.
  const std::uint32_t threshold = (0u - bound) % bound;
  for (;;) {
    const std::uint32_t value = bits();
    if (value >= threshold) return value % bound;
  }
}

}  // namespace hypersphere
