// The options of a training run on the command line, for every subcommand that trains.
#pragma once

#include <string>

#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/training/training_run.h"

namespace hypersphere {

/// The options as the command line has them, before they are checked against each other.
class TrainOptions {
 public:
  /// Adds all of them to a subcommand. This object must live as long as the subcommand.
  void add_to(CLI::App& command);
  /// The run that they ask for. Sets what holds for the whole program (Machine::apply()). Throws CLI::ValidationError for
  /// options that exclude each other or do not parse, and as Machine::apply().
  TrainingOptions resolve(const CLI::App& command) const;
  /// Adds --show-config, with which a command line needs neither --data nor --out: who reads it is to print what resolve()
  /// leaves in TrainingOptions::config, and to do nothing else.
  void add_show_config(CLI::App& command);
  bool only_show() const { return only_show_; }
  const OutputOptions& output() const { return output_; }

 private:
  void add_data_options(CLI::App& command);
  void add_augmentation_options(CLI::App& command);
  void add_recipe_options(CLI::App& command);
  void add_run_options(CLI::App& command);

  TrainingOptions options_;
  Machine machine_;
  std::string net_ = "sphereface-20", head_ = "a-softmax", gradient_ = "exact", rate_steps_;
  FramingOptions framing_;
  OutputOptions output_;
  std::string mirror_ = "on", shuffle_ = "on", on_divergence_ = "stop", preset_;
  int rollbacks_ = 3;
  bool only_show_ = false;
  std::int64_t iterations_ = 0;
  double epochs_ = 0, minutes_ = 0;
  int loader_threads_ = 1;
  double cache_gib_ = 2;
};

}  // namespace hypersphere
