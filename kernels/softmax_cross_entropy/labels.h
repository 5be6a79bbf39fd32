// The check of class labels that every operation on labels needs on the CPU. A GPU backend cannot look at the
// values without waiting for them, so it is the backend's work and not the public function's.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere::cpu {

/// Throws Error unless every label lies in [0, classes).
inline void expect_labels(const char* where, const Tensor& labels, std::int64_t classes) {
  const std::int32_t* p = labels.data<std::int32_t>();
  for (std::int64_t b = 0; b < labels.size(); ++b)
    expect(p[b] >= 0 && p[b] < classes, "{}: expected labels in [0, {}), found {} in row {}", where, classes,
           p[b], b);
}

}  // namespace hypersphere::cpu
