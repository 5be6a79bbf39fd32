// What evaluate prints, and how its figures become JSON and pictures. The baseline `pixels` may be null everywhere.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/evaluation/identification.h"
#include "apps/evaluation/verification.h"

namespace hypersphere {

/// A table of the folds, then the figures over all pairs.
void print_verification(const Verification& network, const Verification* pixels);
/// All figures, each fold's included.
nlohmann::json with_folds(const Verification& result);
/// The ROC curves as an SVG file.
void draw_verification(const std::string& name, const Verification& network, const Verification* pixels,
                       const std::filesystem::path& file);

/// A table of the ranks.
void print_ranks(const std::vector<double>& network, const std::vector<double>* pixels);
/// The table of ranks, detection rates and rank-1 among distractors.
void print_identification(const Identification& network, const Identification* pixels);
nlohmann::json to_json(const Identification& result);
/// The CMC as an SVG file.
void draw_ranks(const std::string& name, const std::vector<double>& network,
                const std::vector<double>* pixels, std::int64_t candidates,
                const std::filesystem::path& file);
/// CMC, rank-1 among distractors where there are any, and detection, below each other.
void draw_identification(const std::string& name, const Identification& network, const Identification* pixels,
                         std::int64_t candidates, const std::filesystem::path& file);

}  // namespace hypersphere
