// Closed-set recognition: the network's own classification among the people it was trained on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/data/dataset.h"
#include "apps/evaluation/verification.h"
#include "nn/head.h"

namespace hypersphere {

/// Of each of `people` its index in `classes`, or -1. Throws Error where a class has the name of another.
std::vector<std::int32_t> classes_of(const std::vector<std::string>& people,
                                     const std::vector<std::string>& classes);

/// Of each photograph the class of whom it shows, or -1. Throws Error likewise.
std::vector<std::int32_t> classes_of_photographs(const Dataset& dataset,
                                                 const std::vector<std::string>& classes);

/// For each row of `features` (f32 [N, embedding], of the image alone, not joined with its mirror's) the rank of its class
/// labels[row] by the head's logits without margin: |x| cos(theta_j) for the angular heads, w_j . x + b_j for the plain
/// softmax. 1 is best; a class of an equal logit stands before it. Computed where the head lies. Throws Error for unfit
/// shapes or a label out of range.
std::vector<std::int64_t> class_ranks(const Head& head, const Tensor& features,
                                      const std::vector<std::int32_t>& labels);

/// For each row the class of the highest of these logits; the first of equal ones.
std::vector<std::int32_t> best_classes(const Head& head, const Tensor& features);
/// The same of a head's class weights (f32 [classes, embedding]) and bias (f32 [classes], undefined for the angular heads).
std::vector<std::int32_t> best_classes(const Tensor& weight, const Tensor& bias, const Tensor& features);

/// Pairs decided by their classes; rates are fractions in [0, 1].
struct ClassDecision {
  double accuracy = 0;  ///< share of the pairs decided correctly
  double tpr = 0;       ///< share of the matched pairs called the same person
  double fpr = 0;       ///< share of the mismatched pairs called so
};

/// Closed-set verification as figure 1 of SphereFace (arXiv 1704.08063) draws it: each photograph is classified, and two
/// show the same person where they get the same class. `classes`: of each photograph. Throws Error for an index out of
/// range, or no pair of either kind.
ClassDecision verify_by_class(const std::vector<std::int32_t>& classes,
                              const std::vector<VerificationInput::Pair>& pairs);

}  // namespace hypersphere
