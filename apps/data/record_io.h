// MXNet's RecordIO files (dmlc-core's recordio.h, MXNet's image_recordio.h): records one after the other, each with a magic number, its length
// and padding to four bytes; an image's record begins with its label.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/data/byte_file.h"

namespace hypersphere {

/// A record in a file: the parts that its bytes lie in. A record that holds the magic number by chance was split there when it was written.
struct Record {
  struct Part {
    std::uint64_t offset, bytes;
  };
  std::vector<Part> parts;
  std::uint64_t end = 0;  ///< where the next record begins
};

/// The record that begins at `offset`. Throws Error that names the file and the place where there is none, or where the file ends within it.
Record find_record(const ByteFile& file, std::uint64_t offset);
/// Its bytes, the magic numbers that it was split at among them.
std::string read_record(const ByteFile& file, const Record& record);

/// What an image's record says before the image.
struct ImageRecord {
  std::vector<float> labels;       ///< one at least
  std::uint64_t id = 0;            ///< the number that it was packed under
  std::uint64_t header_bytes = 0;  ///< the encoded image follows behind as many bytes
};
/// Reads the beginning of the record alone. Throws Error for one that is too short for a header.
ImageRecord read_image_record(const ByteFile& file, const Record& record);

/// The entries of an index file (train.idx): lines of "key<TAB>offset". Throws Error with file:line.
struct RecordIndexEntry {
  std::uint64_t key, offset;
};
std::vector<RecordIndexEntry> read_record_index(const std::filesystem::path& path);

}  // namespace hypersphere
