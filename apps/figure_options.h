// The options of `figure` on the command line.
#pragma once

#include <filesystem>
#include <string>

#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/training/figure_training.h"

namespace hypersphere {

/// The options as the command line has them, before they are checked against each other.
class FigureCommandOptions {
 public:
  /// Adds all of them to a subcommand. This object must live as long as the subcommand.
  void add_to(CLI::App& command);
  /// The experiment that they ask for. Sets what holds for the whole program (Machine::apply()). Throws
  /// CLI::ValidationError for options that exclude each other or do not parse, and as Machine::apply().
  FigureOptions resolve() const;

  /// Throws CLI::ValidationError where an option was given that `redraw` has no use for.
  void check_redraw(const CLI::App& command) const;

  std::filesystem::path out;     ///< folder
  std::filesystem::path redraw;  ///< a figure.json to draw again instead of training; empty for none
  OutputOptions output;

 private:
  void add_data_options(CLI::App& command);
  void add_training_options(CLI::App& command);

  FigureOptions options_;
  Machine machine_;
  std::string heads_ = "softmax,modified-softmax,a-softmax:2,a-softmax:3,a-softmax:4";
  FramingOptions framing_;
  std::int64_t iterations_ = 0;
  double minutes_ = 0;
};

}  // namespace hypersphere
