// Random changes of photographs while training, so that a network does not learn a small set of them by heart.
#pragma once

#include <cstdint>

#include "apps/data/crop.h"
#include "kernels/image/image_change.h"

namespace hypersphere {

/// How far the changes go. Each is uniform in its range and independent of the others; 0 is none.
struct AugmentationOptions {
  bool mirror = true;     ///< half of the photographs: left and right change sides
  int shift = 0;          ///< whole pixels at most, along x and along y
  double scale = 0;       ///< enlarged or reduced at most 1 + scale times, as often the one as the other
  double rotate = 0;      ///< degrees at most, either way
  double contrast = 0;    ///< times 1 - contrast to 1 + contrast, about the mid value
  double brightness = 0;  ///< at most this share of half the range of values, more or less
  double saturation = 0;  ///< times 1 - saturation to 1 + saturation, about each pixel's grey value
  double grey = 0;        ///< this share of the photographs loses its colours
  /// In this share of the photographs, a rectangle is filled with the mid value, of `erase_least` to `erase_most` of the
  /// area, three tenths as wide as high to the reciprocal of that (Zhong et al., "Random erasing data augmentation",
  /// arXiv 1708.04896, algorithm 1; they fill it with noise and go up to 0.4).
  double erase = 0;
  double erase_least = 0.02, erase_most = 0.2;
};

/// Throws Error that names the option and its range where one is outside of it: for pictures of width x height pixels, a
/// shift of 0 to less than either; scale 0 to 1; rotate 0 to 45; the others 0 to 1.
void check_augmentation(const AugmentationOptions& options, int width, int height);

/// How much of a photograph's surroundings the changes can bring into a picture of width x height pixels.
Margin margin_of(const AugmentationOptions& options, int width, int height);

/// The change of the photograph at `position` of a stream, numbered from 0 for ever, for a picture of width x height
/// pixels: a function of its arguments. What one option draws does not depend on the others.
ImageChange draw_change(const AugmentationOptions& options, int width, int height, std::uint64_t seed,
                        std::int64_t position);

}  // namespace hypersphere
