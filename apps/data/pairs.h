// Lists of photograph pairs for verification, in the format of LFW's pairs.txt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/dataset.h"

namespace hypersphere {

struct Pair {
  std::string first, second;  ///< relative to the data folder, e.g. NAME/NAME_0001.jpg
  bool same = false;          ///< whether both show one identity
  int fold = 0;               ///< 0 .. folds - 1
};

struct PairList {
  int folds = 0;
  std::vector<Pair> pairs;  ///< fold after fold, matched ones first
};

/// Reads InsightFace's verification sets (.bin: pickled_pairs.h), which hold their photographs, or LFW's format: `folds n` (or `n`: one fold), then for each fold n lines `name i j` and n lines
/// `name1 i name2 j`, separated by tabs (names may then hold spaces) or by spaces. Number i of NAME is the
/// file NAME/NAME_%04d below `data_dir` with any extension that read_image knows. Throws Error with file:line
/// for a malformed line, a missing or surplus line, or a missing photograph.
PairList read_pairs(const std::filesystem::path& file, const std::filesystem::path& data_dir);

/// Draws distinct pairs from the seed: `per_kind` matched and as many mismatched ones in each fold; no
/// identity is in two folds. Paths become relative to `data_dir`. Throws Error when a fold has too few
/// photographs for that.
PairList make_pairs(const Dataset& dataset, const std::filesystem::path& data_dir, int folds, int per_kind,
                    std::uint64_t seed);

/// make_pairs with as much as the identities give: up to 10 folds of up to 300 pairs of either kind, as LFW's View 2 has
/// them, and 10 of either kind at least. Nothing where one fold of 10 is more than they give.
std::optional<PairList> make_fitting_pairs(const Dataset& dataset, const std::filesystem::path& data_dir,
                                           std::uint64_t seed);

/// Writes what read_pairs reads. Throws Error when a path is not NAME/NAME_%04d.*, when the folds do not have
/// equally many matched and mismatched pairs, or when the file cannot be written.
void write_pairs(const std::filesystem::path& file, const PairList& list);

}  // namespace hypersphere
