// The safetensors file format: an 8-byte little-endian header length, a JSON header (name -> dtype, shape,
// byte range; "__metadata__" -> text pairs), then the tensors' bytes.
#pragma once

#include <filesystem>
#include <map>
#include <string>
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

/// Writes to a temporary file, syncs and renames, so that the file is whole or not there. Throws Error.
void write_safetensors(const std::filesystem::path& file, const SafeTensors& content);

/// Checks every length and offset against the file's size before memory is asked for; tensors must not
/// overlap or leave gaps. Reads F32, BF16, I32 and U8; another dtype throws Error, as does anything damaged.
SafeTensors read_safetensors(const std::filesystem::path& file);

/// The metadata alone.
std::map<std::string, std::string> read_safetensors_metadata(const std::filesystem::path& file);

}  // namespace hypersphere
