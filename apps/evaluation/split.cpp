#include "apps/evaluation/split.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "tensor/error.h"
#include "tensor/file.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// Beside the streams of make_pairs (2^47) and hold_out (one more); epochs count up from 0.
constexpr std::uint64_t first_stream = (std::uint64_t{1} << 47) + 16;

template <class T>
void shuffle(std::vector<T>& items, Random& random) {
  for (std::size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[random.below(static_cast<std::uint32_t>(i))]);
}

using Album = std::vector<Photograph>;

std::vector<Album> albums_of(const Dataset& dataset) {
  std::vector<Album> albums(dataset.identities.size());
  for (const Photograph& photograph : dataset.photographs)
    albums[static_cast<std::size_t>(photograph.label)].push_back(photograph);
  return albums;
}

void append(std::vector<Photograph>& list, const Album& album, std::int64_t from, std::int64_t count) {
  list.insert(list.end(), album.begin() + from, album.begin() + from + count);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  expect(!error, "{}: cannot create the folder: {}", folder.string(), error.message());
}

}  // namespace

std::int64_t people_of(const std::vector<Photograph>& photographs) {
  const std::vector<std::int32_t> labels = labels_of(photographs);
  return std::ssize(std::set(labels.begin(), labels.end()));
}

IdentificationSplit split_identification(const Dataset& dataset, const IdentificationOptions& options) {
  expect(options.gallery_images >= 1 && options.probe_images >= 0 && options.distractor_share >= 0 &&
             options.distractor_share < 1,
         "identification: expected a photograph in the gallery or more, probes of 0 or more and a share of "
         "distractors in [0, 1), found {}, {} and {}",
         options.gallery_images, options.probe_images, options.distractor_share);
  Random random(options.seed, random_stream(RandomUse::shuffle, first_stream));
  IdentificationSplit split;
  std::vector<Album> eligible;
  for (Album& album : albums_of(dataset)) {
    if (std::ssize(album) > options.gallery_images)
      eligible.push_back(std::move(album));
    else
      append(split.distractors, album, 0, std::ssize(album));
  }
  shuffle(eligible, random);
  const std::int64_t people = std::ssize(eligible);
  const std::int64_t standing_by = std::llround(options.distractor_share * static_cast<double>(people));
  const std::int64_t unknown = (people - standing_by) / 2;
  expect(unknown >= 1 && people - standing_by - unknown >= 2,
         "identification: {} people with more than {} photographs, less {} distractors, are too few for two "
         "known and one unknown",
         people, options.gallery_images, standing_by);
  for (std::int64_t i = 0; i < people; ++i) {
    Album& album = eligible[static_cast<std::size_t>(i)];
    if (i < standing_by) {
      append(split.distractors, album, 0, std::ssize(album));
      continue;
    }
    shuffle(album, random);
    const bool known = i >= standing_by + unknown;
    const std::int64_t enrolled = known ? options.gallery_images : 0, rest = std::ssize(album) - enrolled;
    append(split.gallery, album, 0, enrolled);
    append(known ? split.probes : split.unknown, album, enrolled,
           options.probe_images == 0 ? rest : std::min<std::int64_t>(rest, options.probe_images));
  }
  shuffle(split.distractors, random);
  return split;
}

void write_photograph_list(const fs::path& folder, const std::string& name,
                           const std::vector<Photograph>& photographs, const fs::path& data_dir) {
  make_folder(folder);
  write_photographs(folder / name, photographs, data_dir);
}

void write_split(const fs::path& folder, const IdentificationSplit& split, const fs::path& data_dir) {
  write_photograph_list(folder, "gallery.txt", split.gallery, data_dir);
  write_photograph_list(folder, "probes.txt", split.probes, data_dir);
  write_photograph_list(folder, "unknown.txt", split.unknown, data_dir);
  write_photograph_list(folder, "distractors.txt", split.distractors, data_dir);
}

void write_pair_split(const fs::path& folder, const PairList& pairs) {
  make_folder(folder);
  try {
    write_pairs(folder / "pairs.txt", pairs);
  } catch (const Error&) {  // the names do not fit LFW's format, or the disk refuses, as it will again
    std::string text;
    for (const Pair& pair : pairs.pairs)
      text += fmt::format("{}\t{}\t{}\t{}\n", pair.first, pair.second, pair.same ? "same" : "different",
                          pair.fold + 1);
    write_file_atomically(folder / "pairs.tsv", text);
  }
}

}  // namespace hypersphere
