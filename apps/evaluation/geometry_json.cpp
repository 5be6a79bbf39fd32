#include "apps/evaluation/geometry_json.h"

#include <cmath>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(); }

json name_of(const std::vector<std::string>& names, std::int64_t index) {
  return index < 0 ? json() : json(names.at(static_cast<std::size_t>(index)));
}

// Null where there is no pair.
json pair_of(const std::vector<std::string>& names, const PhotographPair& pair) {
  if (pair.first < 0) return {};
  return {{"degrees", pair.degrees}, {"pair", {name_of(names, pair.first), name_of(names, pair.second)}}};
}

}  // namespace

json to_json(const AngleDistribution& distribution) {
  const bool any = distribution.count > 0;
  return {{"count", distribution.count},
          {"mean", any ? json(distribution.mean) : json()},
          {"deviation", number(distribution.deviation())},
          {"min", number(distribution.min)},
          {"max", number(distribution.max)},
          {"histogram", distribution.histogram}};
}

json to_json(const Geometry& geometry, const GeometryNames& names) {
  expect(names.photographs.size() == geometry.photographs.size() &&
             names.identities.size() == geometry.identities.size(),
         "geometry: {} photographs and {} identities have {} and {} names", geometry.photographs.size(),
         geometry.identities.size(), names.photographs.size(), names.identities.size());
  json identities = json::array(), photographs = json::array();
  for (std::size_t k = 0; k < geometry.identities.size(); ++k) {
    const IdentityGeometry& identity = geometry.identities[k];
    identities.push_back({{"name", names.identities[k]},
                          {"photographs", identity.photographs},
                          {"mean_within", identity.within.count > 0 ? json(identity.within.mean) : json()},
                          {"largest_within", pair_of(names.photographs, identity.largest_within)},
                          {"smallest_between", pair_of(names.photographs, identity.smallest_between)},
                          {"separated", identity.comparable() ? json(identity.separated()) : json()},
                          {"outliers", json::array()}});
  }
  for (std::size_t i = 0; i < geometry.photographs.size(); ++i) {
    const PhotographGeometry& photograph = geometry.photographs[i];
    if (photograph.outlier())
      identities.at(static_cast<std::size_t>(photograph.identity))["outliers"].push_back(
          names.photographs[i]);
    photographs.push_back({{"photograph", names.photographs[i]},
                           {"identity", name_of(names.identities, photograph.identity)},
                           {"own", number(photograph.own)},
                           {"other", number(photograph.other)},
                           {"nearest", name_of(names.identities, photograph.nearest)}});
  }
  return {{"within", to_json(geometry.within)},
          {"between", to_json(geometry.between)},
          {"fisher_ratio", number(geometry.fisher())},
          {"overlap", number(geometry.shared())},
          {"criterion",
           {{"holds", geometry.holds()},
            {"identities", geometry.comparable()},
            {"separated", geometry.separated()}}},
          {"outliers", geometry.outliers()},
          {"identities", std::move(identities)},
          {"photographs", std::move(photographs)}};
}

json to_json(const WeightGeometry& weights, const std::vector<std::string>& classes) {
  return {{"photographs", weights.photographs},
          {"own", to_json(weights.own)},
          {"other", to_json(weights.other)},
          {"between", to_json(weights.between)},
          {"smallest_between", pair_of(classes, weights.smallest_between)},
          {"correct", weights.correct},
          {"within_margin", weights.within_margin}};
}

}  // namespace hypersphere
