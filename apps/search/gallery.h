// A gallery: the people whom a search knows, embedded once and kept in a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "nn/sphereface.h"
#include "tensor/tensor.h"

namespace hypersphere {

/// A photograph as its file was when it was embedded.
struct GalleryPhotograph {
  std::string path;           ///< relative to the gallery's folder
  std::int32_t person = 0;    ///< index into Gallery::people
  std::uint64_t bytes = 0;    ///< of the file
  std::int64_t modified = 0;  ///< nanoseconds since 1970

  bool operator==(const GalleryPhotograph&) const = default;
};

struct Gallery {
  std::string model;  ///< fingerprint of the network that made the features
  std::string crop;   ///< how photographs were framed: apps/data/framing.h, to_string
  std::vector<std::string> people;
  std::vector<GalleryPhotograph> photographs;
  Tensor features;               ///< f32 [photographs, numbers], unit rows
  std::vector<float> strangers;  ///< nearest_strangers() of it; empty where that has not been computed
};

/// A hash (XXH3, nn/checksum.h) of the network's architecture and weights, 16 hexadecimal digits: whether features may be
/// compared. It guards against chance, not malice.
std::string fingerprint(SphereFace& network);

/// Writes a safetensors file, whole or not at all, with
///   features   f32 [photographs, numbers]     person   i32 [photographs]     strangers   f32 [any number]
///   people, photographs   u8: text. Each name ends with a zero byte; a photograph has path, bytes and time, each so ended.
/// and model, crop and format as metadata. Throws Error.
void write_gallery(const std::filesystem::path& file, const Gallery& gallery);

/// Throws Error naming the file for one that cannot be read, is no gallery, or is damaged.
Gallery read_gallery(const std::filesystem::path& file);

/// Throws Error that names the gallery (`file`) and says what to do, unless it was made by the model of that fingerprint
/// with that crop.
void expect_made_by(const Gallery& gallery, const std::filesystem::path& file, const std::string& model,
                    const std::string& crop);

}  // namespace hypersphere
