// Angles between feature vectors, a strip of them at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "tensor/tensor.h"

namespace hypersphere {

/// Told the angles in degrees between rows [first, first + count) of one tensor and every row of the other:
/// f32 [count, other's rows]. The tensor is used again for the next strip.
using AngleStrip = std::function<void(std::int64_t first, const Tensor& degrees)>;

/// The angle between each row of `a` (f32 [N, D]) and each row of `b` (f32 [M, D]), both on the cpu, told to
/// `strip` in ascending order of a's rows. `b` may be `a`; each pair is computed in both orders then, so that a
/// row's angles lie side by side.
///
/// They are acos of the matrix product of the rows at length 1, and where two rows are nearly parallel or
/// opposed (|cosine| above 0.995), where acos magnifies the product's rounding, 2 asin(|u -+ v| / 2) instead:
/// within 0.001 degrees everywhere. A zero row has no direction and stands at 90 degrees to all, as its cosine
/// counts as 0 in verify() and in the A-Softmax.
///
/// Memory, besides a copy of `a` and of `b`: 16 Mi angles, or one row of them where there are more. The result
/// does not depend on the number of threads. Throws Error for unfit shapes, and for a value that is not finite,
/// naming its row.
void for_each_angle_strip(const Tensor& a, const Tensor& b, const AngleStrip& strip);

/// The angle in degrees between two vectors, 2 atan2(|u - v|, |u + v|) of them at length 1, which keeps all digits near 0
/// and 180, where the arc cosine has few (Kahan, "How futile are mindless assessments of roundoff", 2006, section 12); 90 where one is all zero. Throws Error for vectors of unequal length.
double angle_between(std::span<const double> a, std::span<const double> b);

}  // namespace hypersphere
