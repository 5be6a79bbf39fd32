// What the oracles share. An oracle is the formula of an operation's header, written down once more: in
// double precision, one loop a sum, no blocking, no reuse. Slow and obvious on purpose.
#pragma once

#include <cstdint>
#include <vector>

namespace hypersphere::reference {

using Values = std::vector<double>;
using Labels = std::vector<std::int32_t>;

/// An element by a signed index.
inline const double& at(const Values& values, std::int64_t i) { return values[static_cast<std::size_t>(i)]; }
inline double& at(Values& values, std::int64_t i) { return values[static_cast<std::size_t>(i)]; }
inline Values zeros(std::int64_t count) { return Values(static_cast<std::size_t>(count), 0.0); }

/// sum of a[i] b[i].
double dot(const Values& a, const Values& b);

/// The gradient of `loss` (Values -> double) at `point`, one coordinate at a time:
/// (loss(point + step e_i) - loss(point - step e_i)) / (2 step).
template <class Loss>
Values central_difference(const Loss& loss, Values point, double step = 1e-5) {
  Values gradient(point.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    const double middle = point[i];
    point[i] = middle + step;
    const double above = loss(point);
    point[i] = middle - step;
    const double below = loss(point);
    point[i] = middle;
    gradient[i] = (above - below) / (2 * step);
  }
  return gradient;
}

}  // namespace hypersphere::reference
