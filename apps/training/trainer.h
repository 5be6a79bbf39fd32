// Training steps: a batch of photographs in, changed weights out.
#pragma once

#include <memory>

#include "apps/data/loader.h"
#include "apps/evaluation/compute.h"
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

/// With how many of the head's classes a step computes (nn/class_sample.h).
struct ClassSampling {
  double share = 1;  ///< in (0, 1]; 1: with all of them
  std::uint64_t seed = 1;
};

/// Does training steps with a model. On the cpu, a step is computed when it is begun. On cuda, it is one CUDA graph,
/// recorded anew where the batch's size, lambda or the rate differ from the step before; batches travel to the device
/// while the step before is computed, and finish() waits for the device once. The first steps are done without a graph:
/// they fill the allocator's cache and make the solver's momentum.
class Trainer {
 public:
  /// Moves `model`, network and head, to the device; it must outlive the trainer. Throws Error where the device cannot
  /// be used, and for bf16 on the cpu.
  /// With `ranks`, each process calls the same with its share of every batch and they train one model: gradients are summed
  /// (GradientSum), results are of all rows, and where the head shares its classes out it does so over the same processes.
  /// With `sampling` of a share below 1, each step computes with that many classes, drawn from the batch's position.
  Trainer(Model& model, SolverOptions solver, Compute compute = {},
          std::shared_ptr<Communicator> ranks = no_communicator(), ClassSampling sampling = {});
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Hands over the batch of the next step that has none. Two batches may wait on cuda, on the cpu one; Error for
  /// more. On cuda, this may be called between begin() and finish(), to do it at the same time as the step.
  void load(const Batch& batch);
  /// Starts a step with the batch that was loaded first: forward, backward and, where loss and gradient are finite,
  /// the solver's update. `lambda` is the A-Softmax's annealing weight. Throws Error without a batch, for one that does
  /// not fit the model, and where a step is not finished.
  void begin(float lambda, float learning_rate);
  /// Waits for the step begun.
  StepResult finish();

  /// load, begin and finish.
  StepResult step(const Batch& batch, float lambda, float learning_rate);

 private:
  class Engine;
  class OnCpu;
  class OnCuda;
  std::unique_ptr<Engine> engine_;
};

}  // namespace hypersphere
