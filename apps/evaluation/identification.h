// Face identification: who is this, among those in a gallery, or nobody of them? Rates from what each probe found.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/evaluation/probe_matches.h"
#include "apps/evaluation/split.h"

namespace hypersphere {

/// Cumulative match characteristic: at [k - 1] the share of probes of rank k or better, for k = 1 to 20, or to the number
/// of candidates where there are fewer. Throws Error for no probe, no candidate, or a rank below 1.
std::vector<double> cumulative_matches(const std::vector<std::int64_t>& ranks, std::int64_t candidates);

/// What happens when a probe is accepted only where its best match is above `threshold`.
struct DetectionPoint {
  double far = 0;  ///< false alarm rate: share of the unknown people's probes that are accepted, as whomever
  double dir = 0;  ///< detection and identification rate: share of the known people's accepted as themselves
  double threshold = 0;
};

/// Rank-1 with the first `distractors` distractors in the gallery.
struct DistractorPoint {
  std::int64_t distractors = 0;
  double rank1 = 0;
};

/// All rates are fractions in [0, 1].
struct Identification {
  std::vector<double> cmc;  ///< with all distractors; its first entry is rank-1
  /// One point a set of unknown probes that a threshold can accept, from none to all; far and dir never fall.
  std::vector<DetectionPoint> detection;
  double dir_at_far_1e2 =
      0;  ///< highest DIR at a FAR of 1 % or less; with fewer than 100 unknown probes, at 0
  double dir_at_far_1e1 = 0;                 ///< the same at 10 %
  std::vector<DistractorPoint> distractors;  ///< with 0, 10, 100, ... of them, and with all
};

/// Open-set identification from the matches of probes of known people and of people who are not in the gallery, as
/// biometrics defines it (Grother and Ngan, Face Recognition Vendor Test, NIST IR 8009) and MegaFace (Kemelmacher-Shlizerman et
/// al., CVPR 2016) with its distractors:
///  - FAR at t: share of `unknown` whose highest similarity is strictly above t;
///  - DIR at t: share of `known` of rank 1 whose similarity to their own person is strictly above t;
///  - rank-1 with n distractors: share of `known` with nobody before their own person in the gallery and among the first n.
/// `candidates`: people in the gallery and distractors, `distractors`: how many of them are those. Throws Error for no
/// known probe, no unknown one, or fewer candidates than distractors.
Identification identify(const std::vector<ProbeMatch>& known, const std::vector<ProbeMatch>& unknown,
                        std::int64_t candidates, std::int64_t distractors);

/// The same for a split: `photographs` are the rows (features or pixels, as match_probes takes them) of its gallery, probes,
/// unknown and distractors, one list after the other. mean_free: the gallery's mean is subtracted first, as pixels need
/// it. Throws Error besides where the rows are not as many.
Identification identify_split(const IdentificationSplit& split, const Tensor& photographs, bool mean_free);

}  // namespace hypersphere
