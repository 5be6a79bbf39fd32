// TensorBoard's event files: what a run logs, for whoever has TensorBoard open.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hypersphere {

/// A file of records as TensorFlow's record_writer.h describes them: length, checksum, an Event, checksum.
class EventFile {
 public:
  /// Begins a new file in `folder`, called after the time and the process. `step`: where the run begins or is resumed; TensorBoard drops what an older file
  /// of the folder has from there on. Throws Error where it cannot be written.
  EventFile(const std::filesystem::path& folder, std::int64_t step);

  /// Numbers at a step, each under its tag ("train/loss"). Those that are not finite are left out.
  void add_scalars(std::int64_t step, const std::vector<std::pair<std::string, double>>& scalars);
  /// How `values` are distributed, in `buckets` of one width from `low` to `high`; what lies outside is counted in the outermost. Nothing for no values.
  void add_histogram(std::int64_t step, const std::string& tag, std::span<const double> values, double low,
                     double high, int buckets = 60);
  /// A PNG or a JPEG of that size.
  void add_image(std::int64_t step, const std::string& tag, int width, int height,
                 const std::string& encoded);

  const std::filesystem::path& path() const { return path_; }

 private:
  void append(const std::string& event);

  std::filesystem::path path_;
  std::ofstream stream_;
};

/// CRC-32C of `bytes`, turned and shifted as records have it ("masked": a checksum of data that holds checksums).
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace hypersphere
