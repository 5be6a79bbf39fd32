#include "apps/data/framing.h"

#include "apps/data/container.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

Image aligned(const Image& image, const std::filesystem::path& path, const LandmarksFile& file, int width,
              int height, Margin margin) {
  const std::optional<Landmarks> landmarks = file.find(path);
  expect(landmarks.has_value(),
         "no landmarks: no face was found there, or the landmarks are another folder's");
  return align_face(image, *landmarks, width + 2 * margin.x, height + 2 * margin.y);
}

}  // namespace

std::string to_string(const Framing& framing) {
  if (framing.landmarks) return "landmarks";
  if (!framing.crop) return "";
  const CropBox& box = *framing.crop;
  return fmt::format("{},{},{},{}", box.left, box.top, box.right, box.bottom);
}

Image read_photograph(const std::filesystem::path& path) {
  const std::optional<Contained> contained = find_contained(path);
  return contained ? decode_image(contained->read(), path.string()) : read_image(path);
}

Image read_framed(const std::filesystem::path& path, const Framing& framing, int width, int height,
                  Margin margin) {
  const std::optional<Contained> contained = find_contained(path);
  const Image image = contained ? decode_image(contained->read(), path.string()) : read_image(path);
  try {
    if (framing.landmarks) {
      expect(framing.align_again || !contained || !contained->container->aligned(),
             "aligned already; leave the landmarks out");
      return aligned(image, path, *framing.landmarks, width, height, margin);
    }
    const auto box =
        contained ? crop_of(*contained->container, image.width, image.height, framing.crop) : framing.crop;
    return crop_and_resize(image, box, width, height, margin);
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

}  // namespace hypersphere
