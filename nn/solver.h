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

/// One SGD step over every parameter that has a gradient, then clears the gradients.
void sgd_step(const std::vector<NamedParameter>& parameters, float learning_rate, SolverOptions options);

/// 2-norm over all gradients.
double gradient_norm(const std::vector<NamedParameter>& parameters);

}  // namespace hypersphere
