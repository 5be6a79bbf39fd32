// From five points of a face to the picture that the network sees.
#pragma once

#include <array>

#include "apps/data/image_io.h"

namespace hypersphere {

/// Pixels, from the centre of the first one at (0, 0), to the right and down.
struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

/// Left eye, right eye, nose, left and right corner of the mouth, as they lie in the picture.
using Landmarks = std::array<Point, 5>;

/// Where SphereFace has them in 96 x 112 pixels. The authors' numbers count MATLAB's pixels from 1; these count from 0. InsightFace's
/// template of 112 x 112 has the same with 8 added to x.
const Landmarks& face_template();

/// Turns, scales and shifts: (x, y) to (a x - b y + dx, b x + a y + dy).
struct Similarity {
  double a = 1, b = 0, dx = 0, dy = 0;

  Point operator()(Point p) const { return {a * p.x - b * p.y + dx, b * p.x + a * p.y + dy}; }
  /// How many times longer distances become.
  double scale() const;
  /// Degrees, from the x axis towards the y axis.
  double angle() const;
  /// The way back. Throws Error where the scale is 0.
  Similarity inverse() const;
};

/// The similarity without reflection that brings `from` nearest to `to`, in the sum of squared distances (Umeyama, "Least-squares estimation of
/// transformation parameters between two point patterns", PAMI 1991; in two dimensions a linear problem in a, b, dx, dy).
/// Throws Error when the points of `from` coincide or are not finite.
Similarity fit_similarity(const Landmarks& from, const Landmarks& to);

/// The picture of width x height whose pixel p shows `image` at to_picture.inverse()(p). Enlarged: bilinear. Reduced: each pixel is the mean of what it covers,
/// with weights that fall linearly over one pixel of the result, which is the same thing seen from there, so that nothing aliases. Beyond the image's edge its
/// outermost pixels are repeated. Throws Error for sizes that are not positive or a picture that is empty.
Image warp(const Image& image, const Similarity& to_picture, int width, int height);

/// The face in `image`, brought to the template: for 96 x 112 pixels where it is, for wider or higher pictures in their middle.
Image align_face(const Image& image, const Landmarks& landmarks, int width = 96, int height = 112);

/// Whether a picture of width x height with these landmarks seems to have been aligned before: it has the size of one of the two
/// templates and is within 3 pixels, 5 degrees and a tenth in scale of it.
bool looks_aligned(int width, int height, const Landmarks& landmarks);

}  // namespace hypersphere
