// What is set aside: identities for verification, whom nobody trains on, and photographs of those whom a network is
// trained on.
#pragma once

#include <cstdint>

#include "apps/data/dataset.h"
#include "apps/data/pairs.h"

namespace hypersphere {

/// Moves `share` of the identities (at least two), drawn from the seed, out of `dataset` into the result.
/// Throws Error unless 0 < share < 1 and at least two identities stay.
Dataset hold_out(Dataset& dataset, double share, std::uint64_t seed);

/// Moves `share` of each identity's photographs, drawn from the seed, out of `dataset` into the result, in the dataset's
/// order and with its labels: a closed set, in which everybody is known. At least one of each identity that has three or
/// more, and never so many that fewer than two stay; who has one or two keeps them. Throws Error unless 0 < share < 1 and
/// somebody has three.
std::vector<Photograph> hold_out_photographs(Dataset& dataset, double share, std::uint64_t seed);

/// Verification pairs among held-out identities: up to 10 folds of up to 300 matched and 300 mismatched
/// pairs, fewer where the identities do not suffice. Throws Error when they do not suffice for a single fold
/// of 10 pairs.
PairList held_out_pairs(const Dataset& held_out, const std::filesystem::path& data_dir, std::uint64_t seed);

}  // namespace hypersphere
