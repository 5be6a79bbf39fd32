// From which cosine on a photograph shows somebody of the gallery: what the gallery's own people say about strangers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/search/nearest.h"

namespace hypersphere {

/// For each of the gallery's photographs, or for `most` of them at equal distances where there are more: the cosine with
/// the most similar photograph of another person, the largest first. That is how alike the best match of somebody would be
/// whom the gallery does not know. Empty where all photographs show one person.
std::vector<float> nearest_strangers(const NearestRows& gallery, std::int64_t most = 2000);

/// The cosine that a share of `false_accept` of `strangers` (not empty, the largest first) exceeds, and no more of them: of
/// n, the one that floor(n false_accept) are before; -1 where all of them are. Throws Error for an empty list or a share
/// outside of 0..1.
double threshold_of(const std::vector<float>& strangers, double false_accept);

/// Why a threshold for such a share is not to be relied on, from a gallery of so many people; empty where it is. The
/// photographs of one person are alike, so that people count: fewer than three of them above the threshold say little
/// about the share.
std::string doubt_of(std::int64_t people, double false_accept);

}  // namespace hypersphere
