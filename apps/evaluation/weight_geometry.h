// How photographs of the identities that a model was trained on lie to the class weights of its head.
#pragma once

#include <cstdint>
#include <span>

#include "apps/evaluation/angle_distribution.h"
#include "apps/evaluation/geometry.h"
#include "tensor/tensor.h"

namespace hypersphere {

struct WeightGeometry {
  std::int64_t photographs = 0;     ///< those of a class
  AngleDistribution own;            ///< their angles to the weight of their own class
  AngleDistribution other;          ///< to the nearest weight of another class
  AngleDistribution between;        ///< over all pairs of class weights
  PhotographPair smallest_between;  ///< the two classes whose weights are nearest to each other
  std::int64_t correct = 0;  ///< photographs with own < other: the modified softmax decides them correctly
  /// Photographs with margin * own < other: those on the right side of the A-Softmax's decision boundary (Liu
  /// et al., arXiv 1704.08063, section 3.2).
  std::int64_t within_margin = 0;
};

/// `embeddings` f32 [photographs, numbers] as the head sees them (of the images alone, not joined with their
/// mirror images), the class of each, or -1 for identities that the head does not know, and the head's weight
/// f32 [classes, numbers], whose lengths do not matter. A bias is not looked at. Throws Error where sizes
/// disagree, a class is out of range, or a value is not finite.
WeightGeometry measure_weights(const Tensor& embeddings, std::span<const std::int32_t> classes,
                               const Tensor& weight, int margin);

}  // namespace hypersphere
