// Oracle of kernels/image, in the values of pixels, 0 to 255, up to the last step.
#pragma once

#include "kernels/image/image_change.h"
#include "tests/reference/values.h"

namespace hypersphere::reference {

/// Images of `source_height` x `source_width` pixels that become `height` x `width`.
struct Images {
  std::int64_t count, source_height, source_width, height, width;

  /// `changes` of each image, or none at all.
  Values normalised(const std::vector<std::uint8_t>& pixels, const std::vector<ImageChange>& changes) const;
};

}  // namespace hypersphere::reference
