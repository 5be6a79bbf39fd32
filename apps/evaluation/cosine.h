// How alike two embeddings are.
#pragma once

#include <span>

namespace hypersphere {

/// a . b / (|a| |b|) in double, in [-1, 1]; 0 where either is zero. Throws Error unless both are of one length.
double cosine(std::span<const float> a, std::span<const float> b);

/// The angle of this cosine, 0 to 180; a cosine that rounding put beyond 1 or -1 counts as that.
double degrees_of_cosine(double cosine);

}  // namespace hypersphere
