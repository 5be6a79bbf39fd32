// Faces for a machine without data: every identity a set of proportions, colours, hair and beard; every
// photograph of it another pose, light, expression and background. All of it a pure function of the seed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "apps/data/image_io.h"

namespace hypersphere {

/// Photograph `image` (from 0) of `identity` (from 0), 96 wide and 112 high, eyes, nose and mouth near the
/// places of the SphereFace template. Throws Error for a negative number or one of 2^24 or more.
Image draw_face(std::uint64_t seed, int identity, int image);

/// Writes out/id_0000/id_0000_0001.jpg and so on, the naming of LFW, at quality 92. `progress`, where given,
/// is told (images done, images in all) after every identity. Throws Error when `out` exists and is not an
/// empty folder, or when a file cannot be written.
void synthesise(const std::filesystem::path& out, int identities, int images, std::uint64_t seed,
                const std::function<void(int done, int total)>& progress = {});

}  // namespace hypersphere
