#include "kernels/cpu/simd.h"

#include <fmt/ranges.h>
#include <hwy/highway.h>

#include <cstdlib>

#include "tensor/error.h"

namespace hypersphere::cpu {
namespace {

// Highway's bits, lowest first: a lower bit is a better target.
std::vector<std::int64_t> target_bits() {
  std::vector<std::int64_t> bits;
  const std::int64_t usable = hwy::SupportedTargets() & HWY_TARGETS;
  for (int i = 0; i < 62; ++i)
    if (usable & (std::int64_t{1} << i)) bits.push_back(std::int64_t{1} << i);
  return bits;
}

}  // namespace

std::vector<std::string> simd_targets() {
  std::vector<std::string> names;
  for (const std::int64_t bit : target_bits()) names.emplace_back(hwy::TargetName(bit));
  return names;
}

std::string simd_target() { return simd_targets().front(); }

void limit_simd_target(const std::string& name) {
  std::int64_t better = 0;
  for (const std::int64_t bit : target_bits()) {
    if (name == hwy::TargetName(bit)) {
      hwy::DisableTargets(better);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      return;
    }
    better |= bit;
  }
  fail("SIMD target '{}': this machine has {}", name, fmt::join(simd_targets(), ", "));
}

void apply_simd_environment() {
  const char* const name = std::getenv("HYPERSPHERE_SIMD");
  if (name != nullptr && *name != '\0') limit_simd_target(name);
}

}  // namespace hypersphere::cpu
