// The classes that a process or a part has.
#pragma once

#include <cstdint>

namespace hypersphere {

/// The classes [first, first + count) of `all`.
struct ClassRange {
  std::int64_t first, count, all;
};

}  // namespace hypersphere
