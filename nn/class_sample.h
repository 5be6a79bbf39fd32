// Some of the classes, drawn anew for every step: Partial FC's sampling (An et al., "Killing Two Birds with One Stone: Efficient
// and Robust Training of Face Recognition CNNs by Partial FC", arXiv 2203.15565, section 3.2).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere {

/// What of a head's classes a step computes with.
struct ClassSample {
  Tensor rows;    ///< i32 [S]: this process's classes in the sample, counted from its own first, ascending
  Tensor labels;  ///< i32 [B] of all rows of the batch, counted as in the sample (see below)
  std::vector<std::int64_t> classes;  ///< how many each process has in the sample
};

/// Draws `share` in (0, 1] of the classes of this process, `rank` of the `ranks` that have share_of(classes, rank, ranks) of them
/// each: every class of `labels`, all rows' of the batch, and random ones for the rest. The draw follows from (seed, step, rank).
/// A label of another process's class becomes some number outside of this one's, which is all that it takes to
/// know that it is not here. Throws Error for another share and for a label outside of [0, classes).
ClassSample draw_classes(std::span<const std::int32_t> labels, std::int64_t classes, int rank, int ranks,
                         double share, std::uint64_t seed, std::int64_t step);

}  // namespace hypersphere
