// One training step: a batch of photographs in, changed weights out.
#pragma once

#include "apps/data/loader.h"
#include "nn/model_file.h"
#include "nn/solver.h"

namespace hypersphere {

/// What a step reports of itself, all measured before the weights changed.
struct StepResult {
  double loss = 0;           ///< mean over the batch
  double accuracy = 0;       ///< share of the batch that the head classifies correctly without margin
  double gradient_norm = 0;  ///< 2-norm over all parameters
  bool finite() const;  ///< whether loss and gradient_norm are: if not, the weights were left as they were
};

/// Forward, backward and, where everything is finite, the solver's update. `lambda` is the A-Softmax's
/// annealing weight. Throws Error for a batch that does not fit the model.
StepResult training_step(Model& model, const Batch& batch, float lambda, float learning_rate,
                         SolverOptions solver);

}  // namespace hypersphere
