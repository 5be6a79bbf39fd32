#include "nn/solver.h"

#include <cmath>

#include "kernels/reduce/reduce.h"
#include "kernels/sgd/sgd.h"

namespace hypersphere {

double MultiStep::at(std::int64_t iterations_done) const {
  double rate = base;
  for (const std::int64_t step : steps)
    if (step <= iterations_done) rate *= gamma;
  return rate;
}

void sgd_step(const std::vector<NamedParameter>& parameters, float learning_rate, SolverOptions options) {
  for (const auto& [name, parameter] : parameters) {
    const Tensor& gradient = parameter->variable.gradient();
    if (!gradient.defined()) continue;
    Tensor& value = parameter->variable.value();
    if (!parameter->momentum.defined())
      parameter->momentum = Tensor::zeros(value.shape(), value.dtype(), value.device());
    sgd_update(gradient,
               {.learning_rate = learning_rate * parameter->rate_multiplier,
                .momentum = options.momentum,
                .weight_decay = options.weight_decay * parameter->decay_multiplier},
               value, parameter->momentum);
    parameter->variable.clear_gradient();
  }
}

double gradient_norm(const std::vector<NamedParameter>& parameters) {
  double sum = 0;
  for (const auto& [name, parameter] : parameters)
    if (parameter->variable.gradient().defined()) sum += sum_of_squares(parameter->variable.gradient());
  return std::sqrt(sum);
}

}  // namespace hypersphere
