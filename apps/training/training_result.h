// What a training run came to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "apps/evaluation/verification.h"
#include "tensor/error.h"

namespace hypersphere {

struct TrainingResult {
  bool complete = false;        ///< it came to its end; else it was interrupted
  std::int64_t iterations = 0;  ///< done, earlier parts of a resumed run included
  double seconds = 0;           ///< of training, likewise
  double loss = 0;              ///< at the end: final_loss() of the run's log
  /// At the end of a complete run that verifies, and the baseline's accuracy on the same pairs.
  std::optional<Verification> verification{};
  double raw_pixels = 0;
};

/// A run whose loss, gradient or features stopped being finite.
class Divergence : public Error {
 public:
  Divergence(const std::string& message, std::int64_t iterations_done, double seconds_taken)
      : Error(message), iterations(iterations_done), seconds(seconds_taken) {}
  std::int64_t iterations;  ///< done before
  double seconds;           ///< of training until then
};

/// The mean loss of a log's last 100 training rows, of all where there are fewer; NaN for none. A batch's own loss says
/// little, and a log is the same whether its run was interrupted or not.
double final_loss(const std::vector<nlohmann::json>& rows);

/// The same for programs, with the paths of the model and the log.
nlohmann::json to_json(const TrainingResult& result, const std::filesystem::path& folder);

/// Prints to standard output, for whoever ran a single training: how it ended, its verification, and what lies in its
/// folder.
void print_result(const TrainingResult& result, const std::filesystem::path& folder);

}  // namespace hypersphere
