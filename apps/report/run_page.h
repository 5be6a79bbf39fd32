// A training run as one page.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hypersphere {

/// What there is of a run. Everything but the log may be missing: the page then lacks that part.
struct RunPage {
  std::string name;
  std::map<std::string, std::string> model;  ///< metadata of the model's file (nn/model_metadata.h)
  std::vector<nlohmann::json> log;           ///< rows of log.jsonl
  std::string config;                        ///< text of config.toml
  std::string repeat;                        ///< the command that repeats the run
  std::string curves, pairs;                 ///< SVG; PNG of sample pairs
  std::optional<nlohmann::json> evaluation;  ///< what `evaluate --json` wrote
  std::optional<nlohmann::json> geometry;    ///< geometry.json
  std::string angles, outliers;              ///< its SVGs
};

/// Result and network; learning curves; verification with its folds and sample pairs; angles within and between identities with the photographs
/// farthest from theirs; the configuration and the command that repeats the run. HTML that needs no other file (html_page.h).
std::string render_run_page(const RunPage& run);

}  // namespace hypersphere
