// Which kernels the process has launched.
#pragma once

#include <string>

namespace hypersphere::emulator {

/// Adds to launched_kernels(). Template arguments in the name are left out.
void record_launch(const std::string& kernel);

}  // namespace hypersphere::emulator
