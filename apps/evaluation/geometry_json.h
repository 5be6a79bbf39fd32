// The figures of a geometry as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/evaluation/geometry.h"
#include "apps/evaluation/weight_geometry.h"

namespace hypersphere {

/// count, mean, deviation, min, max (degrees; null for none) and histogram (180 counts, one a degree).
nlohmann::json to_json(const AngleDistribution& distribution);

/// What there is to name: a path for each photograph, a name for each identity.
struct GeometryNames {
  std::vector<std::string> photographs, identities;
};

/// All of a geometry: within, between, fisher_ratio, overlap, criterion (holds, identities compared, identities
/// it holds for), outliers (their number), identities and photographs (one object each, in the dataset's order;
/// an identity names its outliers).
/// Figures that do not exist are null. Throws Error where names and geometry disagree in number.
nlohmann::json to_json(const Geometry& geometry, const GeometryNames& names);

/// photographs, own, other, between, smallest_between, correct, within_margin; `classes` names the model's
/// classes.
nlohmann::json to_json(const WeightGeometry& weights, const std::vector<std::string>& classes);

}  // namespace hypersphere
