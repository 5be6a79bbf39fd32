// InsightFace's verification sets (lfw.bin, cfp_fp.bin, agedb_30.bin, ...): Python's pickle of a list of encoded pictures, two a pair, and a list of
// whether each pair shows one person.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/data/container.h"
#include "apps/data/pairs.h"

namespace hypersphere {

/// Where the pictures lie in the file, and what the pairs are.
struct PickledPairs {
  struct Picture {
    std::uint64_t offset, bytes;
  };
  std::vector<Picture> pictures;  ///< 2 i and 2 i + 1 are pair i
  std::vector<bool> same;         ///< one a pair
};

/// Reads the few of pickle's opcodes that such a file needs (protocols 1 to 5, of Python 2 and 3): lists, one pair of them, strings of
/// bytes, truth values, and references to them. Nothing is ever executed or imported: any other opcode is an Error that names it and
/// its place, as is whatever is not such a pair of lists.
PickledPairs parse_pickled_pairs(std::string_view pickle);

/// The pictures as photographs "0000000.jpg", "0000001.jpg", ...: there are no names in the file. Throws Error naming it.
std::shared_ptr<const Container> open_pickled_pairs(const std::filesystem::path& path);

/// The pairs of such a file, in as many folds as InsightFace's evaluation makes, 10 of which each takes its tenth in order; fewer where there are fewer pairs.
/// Paths are absolute. Throws Error naming the file.
PairList read_pickled_pairs(const std::filesystem::path& path);

}  // namespace hypersphere
