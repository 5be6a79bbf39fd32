// From a photograph's file to the picture that the network sees.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/data/crop.h"
#include "apps/data/landmarks_file.h"

namespace hypersphere {

/// Which part of a photograph becomes the picture: a box cut out of it, or its landmarks brought to the template. Neither: all of it.
struct Framing {
  std::optional<CropBox> crop;
  std::shared_ptr<const LandmarksFile> landmarks;
  bool align_again = false;  ///< photographs that are aligned already may be aligned a second time

  Framing() = default;
  Framing(std::nullopt_t) {}                          // NOLINT: all of it, as an empty box is
  Framing(std::optional<CropBox> box) : crop(box) {}  // NOLINT: a box is a framing
  Framing(CropBox box) : crop(box) {}                 // NOLINT
  explicit Framing(std::shared_ptr<const LandmarksFile> file) : landmarks(std::move(file)) {}

  /// Whether photographs have more to show than the picture.
  bool has_surroundings() const { return crop || landmarks; }
};

/// "left,top,right,bottom", "landmarks", or "" for all of a photograph: what a model or a gallery remembers.
std::string to_string(const Framing& framing);

/// The whole photograph at `path`, in a file of its own or in a container (container.h). Every Error names the file.
Image read_photograph(const std::filesystem::path& path);

/// The photograph at `path`, in a file of its own or in a container (container.h), as a picture of width x height: crop_and_resize, or align_face with its
/// landmarks. With a margin (crop.h), the picture shows as much more around it. Photographs in a container that are aligned already have crop_of's part
/// instead of framing.crop. Every Error names the file: where the photograph cannot be read, the box is not inside of it, it has no landmarks, or is aligned already and would be
/// a second time.
Image read_framed(const std::filesystem::path& path, const Framing& framing, int width = 96, int height = 112,
                  Margin margin = {});

}  // namespace hypersphere
