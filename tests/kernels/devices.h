// The devices that every kernel test runs on.
#pragma once

#include <vector>

#include "tensor/dtype.h"

namespace hypersphere::test {

inline std::vector<Device> devices() { return {Device::cpu}; }

}  // namespace hypersphere::test
