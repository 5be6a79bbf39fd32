// A part of a picture, resized.
#pragma once

#include <optional>
#include <string_view>

#include "apps/data/image_io.h"

namespace hypersphere {

/// A rectangle in pixels of the photograph; right and bottom are the first column and row outside.
struct CropBox {
  int left = 0, top = 0, right = 0, bottom = 0;
  bool operator==(const CropBox&) const = default;
};

/// Pixels of a picture that surround it: x of them on the left and on the right, y above and below.
struct Margin {
  int x = 0, y = 0;
  bool operator==(const Margin&) const = default;
};

/// Reads "left,top,right,bottom", e.g. "71,53,179,179". Throws Error that says what was expected unless the
/// text is four whole numbers with 0 <= left < right and 0 <= top < bottom.
CropBox parse_crop(std::string_view text);

/// The part of the image inside `box` (all of it when there is none), resized to width x height with an
/// antialiased Catmull-Rom filter on the stored values, edges repeated. An image that has the wanted size
/// already is returned untouched. With a margin, the picture is that much larger on each side and shows what surrounds
/// the box in the image, in the same scale; where that ends, its outermost pixels are repeated, and the box is filtered
/// together with its surroundings. Throws Error naming both when the box is not inside the image.
Image crop_and_resize(const Image& image, std::optional<CropBox> box, int width = 96, int height = 112,
                      Margin margin = {});

}  // namespace hypersphere
