// What the tasks of evaluate share: the model, whom it may be tested on, and their photographs.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/evaluate_tasks.h"
#include "apps/evaluation/trained_on.h"

namespace hypersphere {

/// A task at work.
struct EvaluateJob {
  const EvaluateCommand& command;
  Compute compute;
  Model model;
  Framing framing;
  TrainedOn trained_on;
  Dataset all;          ///< the people of --data
  nlohmann::json json;  ///< for --json, filled as the task goes

  std::string name() const { return command.model.stem().string(); }
};

/// The people of the open set; prints how many. Throws Error as open_set.
Dataset open_people(const EvaluateJob& job);
/// Those of the closed set; prints how many. Throws Error as closed_set.
ClosedSet closed_people(const EvaluateJob& job);

/// The photographs decoded for the network: u8 [N, H, W, 3].
Tensor read_pixels(const EvaluateJob& job, const std::vector<std::filesystem::path>& paths);

/// --json, where it is given.
void write_json(const EvaluateJob& job);

/// --task identification.
void identify_open_set(EvaluateJob& job);
void identify_closed_set(EvaluateJob& job);

}  // namespace hypersphere
