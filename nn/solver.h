// The solver: SGD with momentum over all parameters, and the learning-rate schedule.
#pragma once

#include <vector>

#include "nn/module.h"

namespace hypersphere {

/// rate = base gamma^(number of steps that are <= the iterations done), as Caffe's "multistep".
struct MultiStep {
  double base = 0.1, gamma = 0.1;
  std::vector<std::int64_t> steps;  ///< in iterations, ascending
  double at(std::int64_t iterations_done) const;
};

struct SolverOptions {
  float momentum = 0.9f;
  float weight_decay = 5e-4f;
};

/// One SGD step over every parameter that has a gradient, then clears the gradients. Where `guard` (f32 of
/// any shape, on the parameters' device) is given and any element of it is not finite, values and momentum
/// stay as they are. On cuda nobody waits.
void sgd_step(const std::vector<NamedParameter>& parameters, float learning_rate, SolverOptions options,
              const Tensor& guard = Tensor());

/// sum = the square of the 2-norm over all gradients: one element of f32 on the parameters' device.
void squared_gradient_norm(const std::vector<NamedParameter>& parameters, Tensor& sum);

}  // namespace hypersphere
