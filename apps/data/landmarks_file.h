// Files that say where the five landmarks of each photograph are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "apps/data/alignment.h"

namespace hypersphere {

/// The landmarks of photographs, by their paths below the folder of photographs.
class LandmarksFile {
 public:
  /// Reads a line a photograph: its path and ten numbers x1 y1 ... x5 y5, with commas or tabs between (CSV, whose first line may be a head; the lists
  /// that MTCNN scripts write), or spaces where the path has none. Four or five numbers more, behind the path, are a box and its score, and are passed over.
  /// Numbers count pixels from 0, or from 1 with `one_based`, as MATLAB's do. Throws Error with file:line for any other line and for a photograph that comes twice, or when the file cannot
  /// be read or is empty.
  static LandmarksFile read(const std::filesystem::path& file, bool one_based = false);

  /// The landmarks of the photograph at `path`, by as much of its end as the file gives: "images/ann/1.jpg" is found as "ann/1.jpg" too; the
  /// longest wins. Nothing where there are none: no face was found there.
  std::optional<Landmarks> find(const std::filesystem::path& path) const;
  std::int64_t size() const { return static_cast<std::int64_t>(of_.size()); }

 private:
  std::unordered_map<std::string, Landmarks> of_;
};

}  // namespace hypersphere
