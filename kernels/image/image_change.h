// What is done to one image on its way into the network.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace hypersphere {

/// An image's row of image_normalise's `changes`: these numbers in this order. As it is made, it changes nothing.
struct ImageChange {
  /// Of a row, all of them f32.
  static constexpr std::int64_t numbers = 12;

  // Place.
  float mirror = 0;                ///< 1: left and right change sides; any other: 0
  float shift_x = 0, shift_y = 0;  ///< how far the picture moves to the right and down, in pixels
  /// Where the source goes, in pixels to the right and down, for one pixel to the right in the result: (1, 0), for a
  /// picture turned clockwise by t and enlarged s times (cos t, -sin t) / s.
  float step_x = 1, step_y = 0;

  // Colour.
  float contrast = 1;    ///< factor of the difference from the mid value
  float brightness = 0;  ///< what is added after that, as a share of 128
  float saturation = 1;  ///< factor of the difference from the pixel's grey value; 0 leaves grey

  /// What is filled with the mid value: columns left <= x < right of the rows top <= y < bottom, of the result.
  float erase_left = 0, erase_top = 0, erase_right = 0, erase_bottom = 0;

  /// From and to a row.
  static ImageChange read(const float* row) {
    std::array<float, numbers> all;
    std::memcpy(all.data(), row, sizeof(all));
    return std::bit_cast<ImageChange>(all);
  }
  void write(float* row) const { std::memcpy(row, this, sizeof(*this)); }

  /// Whether each pixel of the result is one of the source (or of its edge).
  constexpr bool moves_whole_pixels() const {
    return step_x == 1 && step_y == 0 && is_whole(shift_x) && is_whole(shift_y);
  }
  constexpr bool keeps_colours() const { return contrast == 1 && brightness == 0 && saturation == 1; }
  constexpr bool erases_of_line(std::int64_t y) const {
    return static_cast<float>(y) >= erase_top && static_cast<float>(y) < erase_bottom;
  }
  constexpr bool erases_of_column(std::int64_t x) const {
    return static_cast<float>(x) >= erase_left && static_cast<float>(x) < erase_right;
  }

  /// A shift of moves_whole_pixels() as an integer, at most 2^30 either way: more than any image has pixels.
  static constexpr std::int64_t whole(float shift) {
    constexpr float most = 1 << 30;
    return static_cast<std::int64_t>(shift > -most ? (shift < most ? shift : most) : -most);
  }

 private:
  static constexpr bool is_whole(float value) {
    constexpr float all_are = 1 << 23;  // from here on, every f32 is whole
    return !(value > -all_are && value < all_are) || static_cast<float>(static_cast<int>(value)) == value;
  }
};

static_assert(sizeof(ImageChange) == ImageChange::numbers * sizeof(float));

}  // namespace hypersphere
