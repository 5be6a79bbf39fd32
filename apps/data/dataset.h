// Which photographs there are and whom they show: a folder tree or a list file, and the choice among
// identities.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hypersphere {

/// One file and the class it belongs to.
struct Photograph {
  std::string path;
  std::int32_t label = 0;  ///< index into Dataset::identities
};

/// Labels are dense: each of 0 .. identities.size() - 1 has at least one photograph.
struct Dataset {
  std::vector<Photograph> photographs;
  std::vector<std::string> identities;  ///< the name of each label
};

/// The labels and the files of photographs, in their order.
std::vector<std::int32_t> labels_of(const std::vector<Photograph>& photographs);
std::vector<std::filesystem::path> paths_of(const std::vector<Photograph>& photographs);

/// Whether `path` is something that holds photographs: a folder, or a container (container.h), which is taken for one.
bool is_folder(const std::filesystem::path& path);

/// The images anywhere below `folder`, by their extension, sorted by path; links to folders are followed. Throws
/// std::filesystem::filesystem_error, and Error for a link that leads back to a folder which it lies in.
std::vector<std::string> images_below(const std::filesystem::path& folder);
/// The images named, and those anywhere below the folders and containers named. Whether a file that is named is there is not looked at.
/// Throws Error for a folder without an image.
std::vector<std::filesystem::path> photographs_in(const std::vector<std::filesystem::path>& inputs);
/// Writes a list of photographs, a path a line: relative to `root` for those below it. Whole or not at all. Throws Error.
void write_photographs(const std::filesystem::path& file, const std::vector<Photograph>& photographs,
                       const std::filesystem::path& root);

/// One folder an identity: every immediate subfolder of `dir`, sorted by name, with the images anywhere below
/// it, sorted by path; in a container likewise. Hidden folders, folders without images and other files are ignored. Throws
/// Error when `dir` is neither or holds no such image, and for a name with a line break in it.
Dataset read_folder(const std::filesystem::path& dir);

/// Caffe's list: `path label` on each line. The label is the last word, so a path may hold spaces; a relative
/// path is taken from `root`; labels are non-negative integers with or without gaps, which become dense in
/// ascending order while the identity's name stays the label as text. Blank lines are ignored; the files
/// themselves are not looked at. Throws Error with file:line for a malformed line, or when the list cannot be
/// read or is empty.
Dataset read_list(const std::filesystem::path& list, const std::filesystem::path& root);

/// Names of identities, one a line; surrounding spaces and blank lines are ignored. Throws Error when the
/// file cannot be read or holds no name.
std::vector<std::string> read_identities(const std::filesystem::path& path);

/// Keeps only these identities, in the dataset's own order. Throws Error when a name is unknown (with their
/// number and the first few) or none is given.
void keep_identities(Dataset& dataset, const std::vector<std::string>& names);

/// Keeps only the identities that have at least `images` photographs. Throws Error when none has.
void keep_min_images(Dataset& dataset, int images);

/// Keeps at most `images` photographs of each identity, drawn from the seed, in the dataset's own order. Throws Error
/// unless `images` is 1 or more.
void keep_max_images(Dataset& dataset, int images, std::uint64_t seed);

}  // namespace hypersphere
