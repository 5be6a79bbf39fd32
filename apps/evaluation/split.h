// Who enrols, who asks and who stands by in open-set identification, drawn from a seed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "apps/data/dataset.h"
#include "apps/data/pairs.h"

namespace hypersphere {

struct IdentificationOptions {
  int gallery_images = 1;  ///< photographs of each known person in the gallery
  int probe_images = 10;   ///< probes of a person at most; 0 for all of theirs
  double distractor_share =
      0;  ///< of the people with photographs enough to be known, made distractors as well
  std::uint64_t seed = 1;
};

/// Nobody is in two of known, unknown and distractors, and no photograph in two lists. Labels are the dataset's.
struct IdentificationSplit {
  std::vector<Photograph> gallery;  ///< of the known people: the photographs that they are looked up by
  std::vector<Photograph> probes;   ///< other photographs of the same people
  std::vector<Photograph> unknown;  ///< probes of people who are not in the gallery
  std::vector<Photograph>
      distractors;  ///< of people whom no probe shows; the first n of them are a fair draw of n
};

/// How many different people photographs show.
std::int64_t people_of(const std::vector<Photograph>& photographs);

/// Draws the split: of the people with more than gallery_images photographs, distractor_share become distractors, half of
/// the others known (one more where they are odd), the rest unknown. Whoever has too few photographs is a distractor, with
/// all of them. Throws Error where this leaves fewer than two known people or none unknown, for gallery_images below
/// 1, probe_images below 0 or a share outside of [0, 1).
IdentificationSplit split_identification(const Dataset& dataset, const IdentificationOptions& options);

/// Writes gallery.txt, probes.txt, unknown.txt and distractors.txt into `folder`, which is made where it does not exist: one
/// path a line, relative to `data_dir`, in the order of the lists. Throws Error where they cannot be written.
void write_split(const std::filesystem::path& folder, const IdentificationSplit& split,
                 const std::filesystem::path& data_dir);

/// Writes one list of photographs as `folder`/`name` in the same way.
void write_photograph_list(const std::filesystem::path& folder, const std::string& name,
                           const std::vector<Photograph>& photographs, const std::filesystem::path& data_dir);

/// Writes pairs to verify on into `folder`: pairs.txt in LFW's format, or, where the photographs are not named as that
/// wants, pairs.tsv with lines of both paths, "same" or "different" and the fold, counted from 1.
void write_pair_split(const std::filesystem::path& folder, const PairList& pairs);

}  // namespace hypersphere
