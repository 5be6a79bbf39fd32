// Where an axis gets its marks and what they are called.
#pragma once

#include <string>
#include <vector>

namespace hypersphere {

/// Positions within [low, high]: multiples of 1, 2 or 5 times a power of ten, `wanted` of them or a few less;
/// the distance between them is never smaller than (high - low) / wanted. Throws Error unless low < high and
/// wanted > 0.
std::vector<double> linear_ticks(double low, double high, int wanted);

/// Marks of a logarithmic axis: powers of ten, thinned out where there are more than `wanted`; with their
/// multiples by 2 and 5 where there are fewer than three; linear_ticks where there are fewer than two even
/// so. Throws Error unless 0 < low < high and wanted > 0.
std::vector<double> log_ticks(double low, double high, int wanted);

/// A mark's label, as short as its neighbours allow: `step` is the distance between marks, 0 on a logarithmic
/// axis. (0.25, 0.05) "0.25"; (500, 500) "500"; (12000, 2000) "12k"; (1e-5, 0) "1e-5".
std::string tick_label(double value, double step);

}  // namespace hypersphere
