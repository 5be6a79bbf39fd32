// An ablation: which head, which margin and which depth make a difference? A grid of networks, each trained under the same
// budget and verified on the same pairs (tables 2 to 4 of SphereFace, Liu et al., arXiv 1704.08063, in small).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/report/ablation_result.h"
#include "apps/training/ablation_folder.h"
#include "apps/training/training_run.h"

namespace hypersphere {

struct AblationOptions {
  // The grid.
  std::vector<int> depths = {4, 10, 20};
  std::vector<HeadKind> heads = {HeadKind::softmax, HeadKind::modified_softmax, HeadKind::a_softmax};
  std::vector<int> margins = {1, 2, 3, 4};  ///< of the A-Softmax
  std::vector<std::uint64_t> seeds = {1};

  std::filesystem::path out;
  /// What every cell is trained with, the budget included. Depth, head kind, margin, seed, out, resume and title are the
  /// cell's own, and so are four lines that its config.toml gets after the text in `config`.
  TrainingOptions training;
  std::string config;         ///< text of config.toml in `out`
  AblationSettings settings;  ///< what `training` says, to recognise it by when a folder is gone on with
};

/// The grid's cells in the order in which they are trained: all of the first seed first, so that there is an early answer;
/// within a seed network by network, within a network head by head, the A-Softmax once a margin. Throws Error where a
/// list is empty or holds a value twice.
std::vector<AblationCell> cells_of(const AblationOptions& options);

/// How a cell is trained; resume is false.
TrainingOptions training_options(const AblationOptions& options, const AblationCell& cell);

/// Seconds of training that the cells without a result need: what a budget of minutes allows them; else judged by the cells
/// that have come to their end, whose time is taken as proportional to their network's multiply-adds; nothing before the
/// first of those. What a cell that was begun has behind it is not taken off.
std::optional<double> seconds_left(const std::vector<AblationOutcome>& cells, const AblationOptions& options);

/// Trains each cell that has no result yet in a folder of its own below options.out (see AblationFolder), going on from its
/// last checkpoint where it was begun, and rewrites the report after each. A cell that diverges is recorded as that, and
/// the next one follows. Stops early, with a checkpoint, once interrupted() says so. Progress goes to standard error.
/// Returns the cells with their results; those that are missing were not reached. Throws Error without pairs to verify
/// on, for a folder that is in use or was trained with other settings, and for what else run_training throws, naming the
/// cell.
std::vector<AblationOutcome> run_ablation(const AblationOptions& options, bool (*interrupted)());

}  // namespace hypersphere
