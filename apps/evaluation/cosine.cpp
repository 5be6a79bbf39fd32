#include "apps/evaluation/cosine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/error.h"

namespace hypersphere {

double cosine(std::span<const float> a, std::span<const float> b) {
  expect(a.size() == b.size(), "cosine: {} numbers and {}", a.size(), b.size());
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? std::clamp(dot / std::sqrt(aa * bb), -1.0, 1.0) : 0;
}

double degrees_of_cosine(double cosine) {
  return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
}

}  // namespace hypersphere
