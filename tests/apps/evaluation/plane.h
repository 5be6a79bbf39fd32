// Features whose angles are known by hand.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere::test {

/// Features in the plane, one a direction in degrees. Their lengths differ, which must not matter.
inline Tensor plane(const std::vector<double>& directions) {
  Tensor features = Tensor::empty({std::ssize(directions), 2});
  for (std::size_t i = 0; i < directions.size(); ++i) {
    const double radians = directions[i] * std::numbers::pi / 180, length = 0.5 + static_cast<double>(i);
    features.data<float>()[2 * i] = static_cast<float>(length * std::cos(radians));
    features.data<float>()[2 * i + 1] = static_cast<float>(length * std::sin(radians));
  }
  return features;
}

}  // namespace hypersphere::test
