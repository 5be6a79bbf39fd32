// Features whose similarities are known exactly.
#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>

#include "apps/evaluation/verification.h"

namespace hypersphere::test {

/// Builds inputs whose similarities are known to the last bit: a pair of (5, 0, 0, 0) with a vector of length
/// 5 that begins with `fifths` has the cosine fifths / 5. Each pair comes with its negative, so that every
/// mean is exactly 0.
struct Gallery {
  VerificationInput input{.features = {}, .dim = 4, .pairs = {}, .folds = 1};

  /// A pair of cosine fifths / 5, -5 <= fifths <= 5, and its negative, in `fold`.
  void add(int fifths, bool same, int fold) {
    static const std::array<std::array<int, 4>, 6> vectors{
        {{0, 5, 0, 0}, {1, 4, 2, 2}, {2, 4, 2, 1}, {3, 4, 0, 0}, {4, 3, 0, 0}, {5, 0, 0, 0}}};
    const auto& other = vectors[static_cast<std::size_t>(std::abs(fifths))];
    for (const int sign : {1, -1}) {
      const int first = static_cast<int>(input.features.size()) / 4;
      input.features.insert(input.features.end(), {5.0 * sign, 0, 0, 0});
      for (int i = 0; i < 4; ++i) {
        const int value = other[static_cast<std::size_t>(i)] * (i == 0 && fifths < 0 ? -1 : 1);
        input.features.push_back(sign * value);
      }
      input.pairs.push_back({first, first + 1, same, fold});
    }
    input.folds = std::max(input.folds, fold + 1);
  }
};

}  // namespace hypersphere::test
