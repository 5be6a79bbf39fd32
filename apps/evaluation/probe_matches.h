// Whom each probe resembles most: cosines of probes with a gallery and with distractors.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere {

/// Photographs as rows, one each: features f32 [N, D], or pixels u8 [N, ...] whose N rows are flattened. All on the
/// cpu and of one row length.
struct MatchInput {
  Tensor probes, gallery;
  Tensor distractors = {};                   ///< of people whom no probe shows; undefined for none
  std::vector<std::int32_t> probe_people;    ///< of each probe; -1 for one who is not in the gallery
  std::vector<std::int32_t> gallery_people;  ///< of each photograph in the gallery, 0 or more
  /// f32 [D], subtracted from every row first; undefined for the plain cosine. The cosine of embeddings is plain, as the
  /// margin's angles are; pixels tell nothing without their mean taken away.
  Tensor mean = {};
};

/// What one probe finds. The similarity to a person is the highest cosine with one of their photographs in the gallery; a
/// distractor is one photograph of a person of its own. A tie counts against the probe: whoever is as similar as its
/// own person stands before it.
struct ProbeMatch {
  static constexpr float nobody = -std::numeric_limits<float>::infinity();
  float own = nobody;                   ///< similarity to its own person; `nobody` when not in the gallery
  float other = nobody;                 ///< highest similarity to anybody else, distractors included
  std::int64_t people_before = 0;       ///< other people of the gallery with a similarity of `own` or more
  std::int64_t distractors_before = 0;  ///< distractors with a similarity of `own` or more
  std::int64_t first_distractor = -1;   ///< the first of them by its row; -1 for none

  /// 1 where nobody stands before its own person, among gallery and distractors.
  std::int64_t rank() const { return 1 + people_before + distractors_before; }
};

/// The matches of all probes, through kernels/gemm on the cpu, a few hundred rows at a time: memory for
/// what is converted does not grow with the gallery. An all-zero row has the cosine 0 with all others. Throws Error for
/// unfit shapes, types or numbers of people, for a probe whose person is not in the gallery, and for a row that is not
/// finite.
std::vector<ProbeMatch> match_probes(const MatchInput& input);

/// The mean of the rows, added in double: f32 [D]. Throws Error for none, or another type.
Tensor mean_row(const Tensor& rows);

}  // namespace hypersphere
