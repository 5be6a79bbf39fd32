#include "nn/solver.h"

#include "kernels/reduce/reduce.h"
#include "kernels/sgd/sgd.h"

namespace hypersphere {

double MultiStep::at(std::int64_t iterations_done) const {
  double rate = base;
  for (const std::int64_t step : steps)
    if (step <= iterations_done) rate *= gamma;
  return rate;
}

void sgd_step(const std::vector<NamedParameter>& parameters, float learning_rate, SolverOptions options,
              const Tensor& guard) {
  std::vector<SgdParameter> updates;
  for (const auto& [name, parameter] : parameters) {
    const Tensor& gradient = parameter->variable.gradient();
    if (!gradient.defined()) continue;
    const Tensor& value = parameter->variable.value();
    if (!parameter->momentum.defined())
      parameter->momentum = Tensor::zeros(value.shape(), value.dtype(), value.device());
    updates.push_back(
        {value, parameter->momentum, gradient, parameter->rate_multiplier, parameter->decay_multiplier});
  }
  sgd_update(
      updates,
      {.learning_rate = learning_rate, .momentum = options.momentum, .weight_decay = options.weight_decay},
      guard);
  for (const auto& [name, parameter] : parameters) parameter->variable.clear_gradient();
}

void squared_gradient_norm(const std::vector<NamedParameter>& parameters, Tensor& sum) {
  std::vector<Tensor> gradients;
  for (const auto& [name, parameter] : parameters)
    if (parameter->variable.gradient().defined()) gradients.push_back(parameter->variable.gradient());
  sum_of_squares(gradients, sum);
}

}  // namespace hypersphere
