// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy
// as 1, 2, 3", SC 2011, section 3.3). A number is a pure function of (seed, stream, counter), so a run can be
// replayed from a checkpoint and work can be split over threads without changing what is drawn.
#pragma once

#include <array>
#include <cstdint>

namespace hypersphere {

/// Four independent 32-bit words for this (seed, stream, counter).
std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

/// Walks along the counter of one (seed, stream) pair.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  std::uint32_t bits();
  /// Goes on as after so many calls of bits(), of which uniform() makes one.
  void skip(std::uint64_t count);
  /// Uniform in [0, 1), 24 bits.
  float uniform();
  /// Uniform in [low, high).
  float uniform(float low, float high) { return low + (high - low) * uniform(); }
  /// Standard normal (Box-Muller).
  float normal();
  /// Uniform integer in [0, bound), without bias. Throws Error for a bound of 0.
  std::uint32_t below(std::uint32_t bound);

 private:
  std::uint64_t seed_, stream_, counter_ = 0;
  std::array<std::uint32_t, 4> block_{};
  int left_ = 0;  // unused words of block_
};

/// What a stream is used for, so that no two uses share numbers. The low 48 bits are free for an index
/// (a parameter, an epoch, an image, an identity).
enum class RandomUse : std::uint64_t {
  initialise = 1,
  shuffle = 2,
  augment = 3,
  synthesise = 4,
  test = 5,
  sample = 6,
  sample_classes = 7
};
constexpr std::uint64_t random_stream(RandomUse use, std::uint64_t index) {
  return (static_cast<std::uint64_t>(use) << 48) + index;
}

}  // namespace hypersphere
