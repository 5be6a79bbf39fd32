// NumPy's array file, so that features can be read by other programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace hypersphere {

/// Writes `values`, row-major [rows, columns], as a little-endian float32 .npy file, version 1.0 (NumPy
/// Enhancement Proposal 1), whole or not at all. Throws Error unless there are rows * columns values and the
/// write succeeds.
void write_npy(const std::filesystem::path& path, std::span<const float> values, std::int64_t rows,
               std::int64_t columns);

}  // namespace hypersphere
