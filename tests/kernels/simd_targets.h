// Kernels written with Highway are compiled for several instruction sets and choose at run time. A test that
// does not force each of them covers the machine's best one alone.
#pragma once

#include <doctest/doctest.h>
#include <hwy/targets.h>

#include <cstdint>
#include <string>

namespace hypersphere::test {

/// Calls body() once under each instruction set that was compiled and that this machine can run, and names it
/// in the message of a failed check.
template <class Body>
void for_each_simd_target(const Body& body) {
  struct Restore {
    ~Restore() {
      hwy::SetSupportedTargetsForTest(0);
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    }
  } restore;
  const std::int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
  REQUIRE(supported != 0);
  for (std::int64_t left = supported; left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    INFO("SIMD target ", std::string(hwy::TargetName(target)));
    body();
  }
}

}  // namespace hypersphere::test
