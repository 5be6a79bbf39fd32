// What the parts of a feature grid share: the style sheet and places.
#pragma once

#include <string>

namespace hypersphere {

/// A rectangle of the picture, in pixels.
struct Frame {
  double left = 0, top = 0, width = 0, height = 0;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

/// Rules for the classes of a grid's elements, with the colours of style.h. `p`: points, `ray`: class weights, `h`: histograms.
std::string feature_style_sheet();

}  // namespace hypersphere
