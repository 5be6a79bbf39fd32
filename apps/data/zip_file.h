// Photographs in a ZIP file, through libzip: what `hypersphere pack` writes, or any other.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/data/container.h"

namespace hypersphere {

/// The photographs in it, by their extensions; whatever else there is is left out. aligned() for one that write_zip wrote so. Throws Error naming the
/// file.
std::shared_ptr<const Container> open_zip(const std::filesystem::path& path);

/// Writes files of these names, the bytes of each as `bytes` gives them when its turn comes, stored as they are: pictures are compressed already.
/// Whole or not at all. `aligned` is noted in the file's comment. Throws Error, and what `bytes` throws.
void write_zip(const std::filesystem::path& path, const std::vector<std::string>& names,
               const std::function<std::string(std::size_t)>& bytes, bool aligned);

}  // namespace hypersphere
