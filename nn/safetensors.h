// The safetensors file format (https://github.com/huggingface/safetensors, section "Format"): an 8-byte
// little-endian header length, a JSON header (name -> dtype, shape, byte range in the data; "__metadata__" ->
// text pairs), then the tensors' bytes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere {

struct SafeTensors {
  std::vector<std::pair<std::string, Tensor>> tensors;  ///< in file order, on the CPU
  std::map<std::string, std::string> metadata;

  /// The tensor of that name. Throws Error naming it when there is none.
  const Tensor& at(const std::string& name) const;
  bool contains(const std::string& name) const;
};

/// A file that holds other bytes than were written, or is no safetensors file.
class DamagedFile : public Error {
 public:
  using Error::Error;
};

/// Writes to a temporary file, syncs and renames, so that the file is whole or not there. The tensors' bytes
/// go to the file from where they lie, without a second copy. The metadata gets "checksum": "xxh3:" and the digits of
/// Checksum over header and data, the digits themselves taken as zeros. Throws Error, also for a name that comes twice, is
/// "__metadata__" or is not UTF-8.
void write_safetensors(const std::filesystem::path& file, const SafeTensors& content);

/// Checks every length and offset against the file's size before memory is asked for; tensors must not
/// overlap or leave gaps; the checksum, where the file has one, must agree, and is not among the metadata. Reads F32, BF16, I32
/// and U8 of up to four extents; throws DamagedFile for anything else, and Error where the file cannot be opened.
SafeTensors read_safetensors(const std::filesystem::path& file);

/// What a header says, for whoever needs no elements.
struct SafeTensorsHeader {
  struct Entry {
    std::string name;
    DType dtype = DType::f32;
    Shape shape;
    std::uint64_t begin = 0, end = 0;  ///< bytes, from the start of the data
  };
  std::vector<Entry> entries;  ///< by position; they cover the data without gaps
  std::map<std::string, std::string> metadata;
};
/// Reads and checks the header like read_safetensors; the checksum, which counts the data too, is left out.
SafeTensorsHeader read_safetensors_header(const std::filesystem::path& file);

/// The metadata alone.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& file);

/// Throws Error, which names `name` and the first such value, where a number of f32 `weights` on the cpu is not finite: whatever
/// meets it becomes NaN too, so a network that has one never gets better again.
void expect_finite(const std::string& name, const Tensor& weights);

}  // namespace hypersphere
