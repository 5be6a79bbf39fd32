// The command line of evaluate, and the four tasks of SphereFace's figure 1 (arXiv 1704.08063): verification and
// identification, of people whom the model was trained on (closed set) or not (open set).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "apps/evaluation/split.h"
#include "apps/options.h"
#include "apps/output_options.h"

namespace hypersphere {

struct EvaluateCommand {
  std::filesystem::path model, data, plot;
  OutputOptions output;
  FramingOptions framing;
  Machine machine;
  int loader_threads = 1;

  std::filesystem::path pairs;  ///< given pairs, or
  std::string task, set;        ///< "verification", "identification"; "open", "closed"

  // For the tasks.
  std::filesystem::path identities, trained_on, split_out;
  bool trust_identities = false, no_raw_pixels = false;
  IdentificationOptions split;
  std::optional<std::int64_t> distractors;  ///< to use at most; all there are where not given

  void add_to(CLI::App& command);
  /// Throws CLI::ValidationError where the options of `command` do not go together.
  void check(const CLI::App& command) const;
};

/// Runs the task: splits, embeds, prints, and writes what the command asks for. Throws Error for photographs that cannot be
/// decoded, for too few of them, and wherever what was trained on would be tested (evaluation/trained_on.h).
void evaluate_task(const EvaluateCommand& command);

}  // namespace hypersphere
