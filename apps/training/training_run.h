// A training run and its folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/data/loader.h"
#include "apps/evaluation/compute.h"
#include "apps/training/schedule.h"
#include "apps/training/training_result.h"
#include "cluster/communicator.h"
#include "nn/model_file.h"
#include "nn/solver.h"

namespace hypersphere {

/// Everything that decides what a run computes; the defaults are the authors' recipe.
struct TrainingOptions {
  // Photographs.
  std::filesystem::path data;        ///< one folder an identity, or the root of `list`
  std::filesystem::path list;        ///< Caffe's "path label" lines; empty for the folder's own tree
  std::filesystem::path identities;  ///< names to train on, one a line; empty for all
  int min_images = 2;                ///< identities with fewer are left out
  double hold_out = 0;               ///< share of the identities set aside for verification
  double hold_out_images = 0;        ///< share of the others' photographs set aside besides
  std::optional<std::uint64_t> hold_out_seed;  ///< of who and what is set aside; none: `seed`
  LoaderOptions loader;

  Compute compute;

  /// The processes that train together, all with the same options: the first one writes the folder and speaks.
  std::shared_ptr<Communicator> ranks = no_communicator();
  bool shard_classes = false;  ///< each has its share of the head's classes, instead of all of them
  double sample_classes =
      1;  ///< share in (0, 1] of the classes that a step computes with, drawn anew for each

  // Network, loss, solver.
  SphereFaceOptions network;
  HeadOptions head;
  LambdaSchedule lambda;
  Budget budget;
  double learning_rate = 0.1, rate_gamma = 0.1;
  std::vector<RateStep> rate_steps;
  std::int64_t warmup = 0;  ///< iterations
  SolverOptions solver;
  std::filesystem::path initial;  ///< safetensors to start from; empty for random weights
  std::uint64_t seed = 1;

  // Verification while training: on `val_pairs` below `val_data`, or on held-out identities.
  std::filesystem::path val_pairs, val_data;
  std::int64_t val_every = 0;  ///< iterations; 0: at the end only

  // The run's folder.
  std::filesystem::path out;
  std::int64_t checkpoint_every = 1000;  ///< iterations
  int keep = 3;                          ///< checkpoints
  bool resume = false;                   ///< go on from the last checkpoint
  /// Where the loss or the gradient is not finite, or the loss rises without end (LossWatch): this many times, go back to the last checkpoint (or
  /// the start) and on with `rollback_rate` of the learning rate; then stop. 0: stop at once.
  int rollbacks = 0;
  double rollback_rate = 0.5;
  std::string config;              ///< text of config.toml
  std::string title = "training";  ///< in front of the progress
};

/// Trains and fills options.out:
///   config.toml               enough to repeat the run
///   log.jsonl                 a row an iteration, a row a validation
///   curves.svg                redrawn as it goes
///   events.out.tfevents.*     the same rows for TensorBoard, with the pairs' angles and sample pairs; one file each time the run is begun or resumed
///   model.safetensors         the weights, at every checkpoint and at the end
///   checkpoints/              the last few states to resume from
///   photographs.txt           those trained on, one path below `data` a line
///   photographs_held_out.txt  with hold_out_images: those set aside
///   identities_held_out.txt   with hold_out; and pairs_held_out.txt where files are named as in LFW
///   pairs.png                 sample pairs of the last verification, where there is one
/// Stops early, with a checkpoint, once interrupted() says so. Prints progress to standard error, and a note where the loss
/// does not leave that of a network that knows nothing. A checkpoint that is damaged is set aside under a name that ends in ".damaged",
/// and the one before is used. Throws Error for unusable input, for an `out` that holds a run already (without resume) or that another
/// process works in, and Divergence for a loss, a gradient or features that are not finite and for a loss that rises
/// without end, with the iteration; checkpoints written before stay.
TrainingResult run_training(const TrainingOptions& options, bool (*interrupted)());

}  // namespace hypersphere
