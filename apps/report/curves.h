// The pictures of a training run: learning curves and ROC.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/report/plot.h"

namespace hypersphere {

/// Panels over the iterations of a run, from the rows of its log (see read_log):
///   "kind": "train"       iteration, loss, accuracy, learning_rate, lambda
///   "kind": "validation"  iteration, accuracy, best_threshold_accuracy, raw_pixels
/// loss and training accuracy (raw, and smoothed), learning rate and lambda (logarithmic), validation
/// accuracy with the raw-pixel baseline dashed. A key that is missing or null is a gap; a panel without any
/// value is left out; other kinds and keys are ignored.
std::vector<Panel> learning_curves(const std::vector<nlohmann::json>& rows);

/// learning_curves() as an SVG file, written whole or not at all. Throws Error where no row has anything to
/// draw or the file cannot be written.
void draw_curves(const std::vector<nlohmann::json>& rows, const std::filesystem::path& path);

/// One ROC curve: false and true positive rates, of one length, from (0, 0) to (1, 1).
struct RocCurve {
  std::string name;
  std::vector<double> fpr, tpr;
};

/// The curves over a logarithmic false positive rate, with chance (TPR = FPR) dashed. The axis starts below
/// the smallest positive rate there is, at 1e-4 at least; what lies left of it is drawn at the edge. Throws
/// Error for no curve, or one that is empty or of unequal lengths.
Panel roc_panel(const std::vector<RocCurve>& curves);
/// roc_panel() as an SVG file, written whole or not at all.
void draw_roc(const std::vector<RocCurve>& curves, const std::filesystem::path& path);

/// Average over the neighbours on both sides, their weight halved every `half_life` values:
/// s_i = sum_j b^|i-j| y_j / sum_j b^|i-j|, b = 2^(-1/half_life). Unlike a running average it does not lag
/// behind. Values that are not finite are passed through and left out of the average. A half-life of 0 or
/// less returns the values.
std::vector<double> smooth(const std::vector<double>& values, double half_life);

}  // namespace hypersphere
