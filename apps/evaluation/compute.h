// Where and in what a program computes.
#pragma once

#include "tensor/dtype.h"

namespace hypersphere {

struct Compute {
  Device device = Device::cpu;
  DType activations = DType::f32;  ///< f32, or bf16 on cuda; weights are f32 in either case
};

}  // namespace hypersphere
