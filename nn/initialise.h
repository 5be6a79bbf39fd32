// Initial weights.
#pragma once

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace hypersphere {

/// Uniform in +-sqrt(3 / fan_in), which keeps the variance of a linear layer's output at that of its input
/// (Glorot and Bengio, AISTATS 2010; this form is the default of Caffe's "xavier" filler). fan_in is the
/// number of weights that meet in one output, size / first extent. weight: f32 on the CPU, rank 1 or more.
void initialise_xavier(Tensor& weight, Random random);

/// Normal with mean 0.
void initialise_gaussian(Tensor& weight, float sigma, Random random);

}  // namespace hypersphere
