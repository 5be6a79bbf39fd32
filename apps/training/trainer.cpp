#include "apps/training/trainer.h"

#include <cmath>

#include "kernels/image/image.h"

namespace hypersphere {
namespace {

std::vector<NamedParameter> all_parameters(Model& model) {
  std::vector<NamedParameter> parameters = model.network->parameters();
  for (const NamedParameter& named : model.head->parameters()) parameters.push_back(named);
  return parameters;
}

}  // namespace

bool StepResult::finite() const { return std::isfinite(loss) && std::isfinite(gradient_norm); }

StepResult training_step(Model& model, const Batch& batch, float lambda, float learning_rate,
                         SolverOptions solver) {
  Tensor input = Tensor::empty(batch.pixels.shape());
  image_normalise(batch.pixels, batch.augment, input);
  StepResult result;
  {
    const Variable embeddings = model.network->forward(Variable(input));
    Head::Result head = model.head->forward(embeddings, batch.labels, lambda);
    result.loss = head.loss.value().span<float>()[0];
    result.accuracy = static_cast<double>(head.correct) / static_cast<double>(batch.labels.size());
    if (std::isfinite(result.loss)) head.loss.backward();
  }
  const std::vector<NamedParameter> parameters = all_parameters(model);
  result.gradient_norm = gradient_norm(parameters);
  if (result.finite()) {
    sgd_step(parameters, learning_rate, solver);
  } else {
    model.network->clear_gradients();
    model.head->clear_gradients();
  }
  return result;
}

}  // namespace hypersphere
