// Which algorithm a convolution gets on the CPU.
#pragma once

#include "kernels/conv2d/conv2d.h"

namespace hypersphere::cpu {

enum class ConvDirection { forward, backward_data, backward_weight };

enum class ConvAlgorithm {
  direct,    ///< implicit GEMM: conv2d_cpu.cpp, conv2d_weight_cpu.cpp
  columns,   ///< GEMM over windows gathered a block of pixels at a time, for few input channels: im2col_cpu.h
  winograd,  ///< F(4x4, 3x3): winograd_cpu.h
};
const char* to_string(ConvAlgorithm algorithm);

/// The algorithm that conv2d.h's functions use for these shapes.
ConvAlgorithm conv2d_algorithm(ConvDirection direction, const Shape& x, const Shape& w,
                               Conv2dOptions options);

/// While one is alive, no convolution of the process uses Winograd: to compare with. Not to be created while a
/// convolution runs.
class WithoutWinograd {
 public:
  WithoutWinograd();
  ~WithoutWinograd();
  WithoutWinograd(const WithoutWinograd&) = delete;
  WithoutWinograd& operator=(const WithoutWinograd&) = delete;

 private:
  bool before_;
};

}  // namespace hypersphere::cpu
