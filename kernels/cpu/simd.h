// Which SIMD instructions the CPU kernels use.
#pragma once

#include <string>
#include <vector>

namespace hypersphere::cpu {

/// The instruction sets that this build and this processor share, best first: "AVX3" (AVX-512), "AVX2",
/// "SSE4", ...
std::vector<std::string> simd_targets();

/// The one in use.
std::string simd_target();

/// Lets no kernel use anything better than `name`. Throws Error naming the choices unless simd_targets() has
/// it.
void limit_simd_target(const std::string& name);

/// limit_simd_target() with the value of the environment variable HYPERSPHERE_SIMD, where it is set.
void apply_simd_environment();

}  // namespace hypersphere::cpu
