// Photographs of any source as one file of aligned crops, and back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/data/framing.h"

namespace hypersphere {

struct PackOptions {
  Framing framing;  ///< part of each photograph, as read_framed takes it
  int width = 96, height = 112;
  int jpeg_quality = 0;  ///< 0: PNG, which keeps every pixel
  int threads = 1;       ///< that decode and encode
};

/// Told how many of how many photographs are done.
using PackProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Crops `photographs` and writes them under their paths below `root`, with another extension: into a ZIP file that is marked as aligned where `out` ends in
/// .zip, else into the new folder `out`. Whole or not at all. Photographs that cannot be decoded are left out; the result says
/// why, one line each. Throws Error when two photographs would have one name, `out` is there already, or none can be decoded.
std::vector<std::string> pack_photographs(const std::vector<std::filesystem::path>& photographs,
                                          const std::filesystem::path& root, const std::filesystem::path& out,
                                          const PackOptions& options, const PackProgress& progress = {});

}  // namespace hypersphere
