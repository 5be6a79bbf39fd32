// Whether the processes of one job were started alike.
#pragma once

#include "apps/data/dataset.h"
#include "apps/training/training_run.h"

namespace hypersphere {

/// Called by all of options.ranks. Throws Error, in all of them, where one has another program, other options, another device or
/// other photographs than the first: they would train different models without a word. And where a photograph of the data or of a
/// batch would not be there for each. Names the process and the first line that differs.
void expect_alike_processes(const TrainingOptions& options, const Dataset& dataset);

}  // namespace hypersphere
