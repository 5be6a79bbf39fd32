// The numbers of the figure's experiment: computed from features and class weights, in JSON and back, as a table.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "apps/evaluation/angles.h"
#include "apps/training/figure_training.h"

namespace hypersphere {

/// Of the photographs trained on, or of those held out. NaN where there are none.
struct FigureNumbers {
  double accuracy = 0;  ///< share of the photographs whose largest logit, without margin, is their identity's
  double within = 0;    ///< mean angle to the mean direction of the own identity, in degrees
  double between = 0;   ///< mean angle to the nearest mean direction of another identity
};

/// What one head reached. Mean directions are those of the photographs trained on (see measure_angles).
struct FigureSummary {
  FeatureAngles angles;  ///< of every photograph
  FigureNumbers trained, held_out;
  double weight_angle = 0;  ///< smallest angle between two class weights, in degrees
};

/// Throws Error where the tensors do not fit the photographs, and as measure_angles().
FigureSummary summarise(const FigureResult& result, const FigureHead& head);

/// A line a head, for people.
std::string figure_table(const FigureResult& result);

/// Photographs, features, class weights and numbers: all that the figure shows. from_json reads back everything but
/// the numbers, which follow from the rest; it throws Error for JSON that figure_json did not write.
nlohmann::json figure_json(const FigureResult& result);
FigureResult figure_from_json(const nlohmann::json& json);

}  // namespace hypersphere
