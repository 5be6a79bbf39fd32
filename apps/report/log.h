// The log of a run: one JSON object a line, so that it can be followed while it grows, read by anything, and
// cut back when a run resumes from an older checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace hypersphere {

/// Appends rows to a file. Not thread-safe.
class JsonlLog {
 public:
  /// Opens `path` to append, creating it. A last line that a killed process left half-written is cut off.
  /// Throws Error where the file cannot be read or written, or has a broken line elsewhere.
  explicit JsonlLog(std::filesystem::path path);

  /// Writes one row and flushes it. NaN and infinity become null, as JSON has neither. Throws Error unless
  /// `row` is an object and the write succeeds.
  void append(const nlohmann::json& row);

  /// Drops the rows whose "iteration" is greater than `iteration`, so that a run resumed there logs each
  /// iteration once. Rows without "iteration" stay. The file is replaced as a whole: a crash leaves the old
  /// or the new one.
  void truncate_after(std::int64_t iteration);

  const std::filesystem::path& path() const { return path_; }

 private:
  void open();

  std::filesystem::path path_;
  std::ofstream stream_;
};

/// The rows of a log, possibly of a run that is still writing: a last line that is not complete is left out.
/// Throws Error, with the line's number, for any other line that is not a JSON object, and where the file
/// cannot be read.
std::vector<nlohmann::json> read_log(const std::filesystem::path& path);

}  // namespace hypersphere
