// The JSON header of a safetensors file, apart from the file around it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nn/safetensors.h"

namespace hypersphere {

/// The name of `dtype` in a header: "F32", "BF16", "I32", "U8".
std::string_view safetensors_name(DType dtype);

/// The header of `content`, padded with spaces to a multiple of 8 bytes. Throws Error for names that a header
/// cannot hold.
std::string write_safetensors_header(const SafeTensors& content);

/// Understands `json`, the header of a file with `data_bytes` bytes of data, and checks it: nothing but what
/// the format knows, every name once, every range as long as dtype and shape say, all ranges one after the
/// other from 0 to data_bytes. Throws Error; the message does not name the file.
SafeTensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t data_bytes);

}  // namespace hypersphere
