// Files written whole or not at all. It lies in the lowest room because checkpoints, logs and pictures all
// need it.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace hypersphere {

/// Writes `bytes` to `path` so that a reader, or a machine that loses power, finds either the old file or the
/// complete new one: the bytes go to a temporary file in the same folder, are flushed to the disk, and the
/// file is renamed over `path`. Where `path` is a symbolic link, the file that it points to is replaced.
/// Throws Error with the path and the system's reason when a step fails; the old file is untouched then and
/// the temporary file is gone. The folder must exist.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The same for content that lies in several places (a header and many tensors): `pieces` one after the
/// other.
void write_file_atomically(const std::filesystem::path& path, std::span<const std::string_view> pieces);

}  // namespace hypersphere
