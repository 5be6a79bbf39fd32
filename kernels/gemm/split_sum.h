// The second pass of a product whose sum over k was split over several blocks ("split-K"): the parts are added in the
// order of their number, so that the result does not depend on which block was faster.
#pragma once

#include <cstdint>

namespace hypersphere::cuda {

/// How often to split a sum of `steps` steps that `tiles` blocks would compute: enough to fill a large device twice,
/// but at least `least_steps` steps each.
int choose_splits(std::int64_t tiles, std::int64_t steps, std::int64_t least_steps);

/// out[i] = sum over s of parts[s count + i] + beta out[i], i < count, in device memory. With beta = 0, out may hold
/// anything.
void sum_parts(const float* parts, std::int64_t count, int splits, float beta, float* out);

}  // namespace hypersphere::cuda
