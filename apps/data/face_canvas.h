// The drawing board of the synthetic faces: antialiased shapes given as distances, in coordinates of the
// face.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/data/face_model.h"
#include "apps/data/image_io.h"

namespace hypersphere {

/// Where a shape lives: on the picture, on the head (which turns and moves as a whole), or on the face's
/// surface (which also slides over the head when it looks aside).
enum class Space { picture, head, surface };

/// Bounds of a shape in its space; outside of them it is not evaluated.
struct Bounds {
  float left, top, right, bottom;
};

constexpr float middle = 48;  ///< x of the face's middle line

/// 0 below `from`, 1 above `to`, smooth between.
inline float smooth(float from, float to, float value) {
  const float t = std::clamp((value - from) / (to - from), 0.0f, 1.0f);
  return t * t * (3 - 2 * t);
}

/// Approximate signed distance to an ellipse round the origin: negative inside.
inline float ellipse(float x, float y, float rx, float ry) {
  const float u = x / rx, v = y / ry;
  const float r = std::sqrt(u * u + v * v);
  // The value r - 1 over the length of its gradient.
  const float gx = u / rx, gy = v / ry;
  const float gradient = std::sqrt(gx * gx + gy * gy);
  return gradient > 1e-6f ? (r - 1) * r / gradient : -std::min(rx, ry);
}

class FaceCanvas {
 public:
  static constexpr int width = 96, height = 112;

  FaceCanvas(const Person& person, const Shot& shot);

  /// Blends `colour` in where `distance(x, y)` is negative. The border is `edge` wide: 1 is a clean
  /// antialiased line, more is a soft shadow.
  template <class Distance>
  void fill(Space space, Bounds bounds, Colour colour, float opacity, float edge, Distance&& distance) {
    each(space, bounds, [&](float x, float y, Colour& pixel, float& solid) {
      const float cover = opacity * smooth(0.5f * edge, -0.5f * edge, distance(x, y));
      if (cover <= 0) return;
      pixel = mix(pixel, colour, cover);
      solid = std::max(solid, cover);
    });
  }

  /// Calls `visit(x, y, pixel, solid)` for each pixel within the bounds, with its place in `space`; `solid`
  /// is how much of the pixel belongs to the person rather than to the background.
  template <class Visit>
  void each(Space space, Bounds bounds, Visit&& visit) {
    const Bounds box = on_picture(space, bounds);
    const int left = std::max(0, static_cast<int>(box.left)),
              right = std::min(width, static_cast<int>(box.right) + 1);
    const int top = std::max(0, static_cast<int>(box.top)),
              bottom = std::min(height, static_cast<int>(box.bottom) + 1);
    for (int row = top; row < bottom; ++row)
      for (int column = left; column < right; ++column) {
        const auto i = static_cast<std::size_t>(row * width + column);
        const Place& place = places_[static_cast<std::size_t>(space)][i];
        visit(place.x, place.y, pixels_[i], solid_[i]);
      }
  }

  /// Signed distance from the outline of the head, in head space.
  float head_distance(float x, float y) const;

  /// Lights the person from the shot's direction, as a rounded body.
  void shade();
  /// White balance, contrast, noise; then 8 bits.
  Image finish() const;

 private:
  struct Place {
    float x, y;
  };
  template <class T>
  using Plane = std::array<T, static_cast<std::size_t>(width) * height>;

  Bounds on_picture(Space space, Bounds bounds) const;

  const Person& person_;
  const Shot& shot_;
  float cos_, sin_;
  std::array<Plane<Place>, 3> places_;  // by Space
  Plane<Colour> pixels_{};
  Plane<float> solid_{};
};

}  // namespace hypersphere
