// The photographs of a training run.
#pragma once

#include <optional>

#include "apps/data/dataset.h"
#include "apps/data/pairs.h"
#include "apps/training/training_run.h"

namespace hypersphere {

/// What a run trains on, and the pairs to verify on where identities are set aside.
struct RunPhotographs {
  Dataset dataset;
  std::optional<PairList> held_out_pairs;
};

/// Reads the photographs that the options name, sets identities and photographs aside as they ask, and writes the lists
/// of run_training into the run's folder, unless another process of the run `writes` them. Throws Error for data that is not there or not enough.
RunPhotographs prepare_photographs(const TrainingOptions& options, bool writes = true);

}  // namespace hypersphere
