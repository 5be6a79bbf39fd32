// What a synthetic identity looks like (Person) and how one photograph of it was taken (Shot), drawn from the
// seed. Lengths are pixels of the 96 x 112 picture in a frontal, upright view; x = 48 is the middle of the
// face.
#pragma once

#include <array>
#include <cstdint>

namespace hypersphere {

/// Red, green, blue, each 0 (dark) to 1, as stored in a file (not linear light).
struct Colour {
  float r = 0, g = 0, b = 0;
};
constexpr Colour operator*(Colour c, float k) { return {c.r * k, c.g * k, c.b * k}; }
constexpr Colour operator*(Colour a, Colour b) { return {a.r * b.r, a.g * b.g, a.b * b.b}; }
constexpr Colour mix(Colour a, Colour b, float t) {
  return {a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

enum class HairStyle { bald, receding, cropped, parted, fringe, curly, bob, straight };
enum class BeardStyle { none, stubble, moustache, goatee, full };
enum class GlassesStyle { none, round, square };

/// Everything that stays the same over the photographs of one identity.
struct Person {
  Colour skin, hair, brow, iris, lips, frame;
  float half_width = 0, chin = 0, taper = 0,
        squareness = 0;  // head: taper 0 (broad jaw) to 0.4, squareness >= 2
  float ear_size = 0, ear_out = 0;
  float eye_gap = 0, eye_y = 0, eye_width = 0, eye_height = 0;  // gap: from the middle to a pupil
  float eye_slant = 0, iris_radius = 0, crease = 0, lashes = 0, socket = 0;
  float brow_gap = 0, brow_thickness = 0, brow_arch = 0, brow_slant = 0, brow_length = 0;
  float nose_y = 0, nose_width = 0, nose_bridge = 0;
  float mouth_y = 0, mouth_width = 0, upper_lip = 0, lower_lip = 0;
  float age = 0, blush = 0, freckles = 0;  // 0 to 1
  float mole_x = 0, mole_y = 0, mole_size = 0;
  HairStyle hair_style = HairStyle::bald;
  float hairline = 0, hair_volume = 0, parting = 0;
  BeardStyle beard = BeardStyle::none;
  GlassesStyle glasses = GlassesStyle::none;
  float glasses_size = 0;
  std::uint32_t texture = 0;  // of the strands and freckles
};

/// A soft spot of the background.
struct Blob {
  float x = 0, y = 0, radius = 0;
  Colour colour;
};

/// Everything that differs between photographs: what a recogniser has to see through.
struct Shot {
  float roll = 0, scale = 1, shift_x = 0, shift_y = 0;  // radians, factor, pixels
  float yaw = 0, pitch = 0;                             // pixels that the middle of the face moves
  float smile = 0, open = 0, lids = 1, brow_raise = 0;  // -0.5..1, 0..1, factor, pixels
  float gaze_x = 0, gaze_y = 0;                         // pixels
  float light_x = 0, light_y = 0, light_z = 1, ambient = 0, diffuse = 0;
  Colour tint{1, 1, 1};           // exposure and white balance
  float contrast = 1, noise = 0;  // noise: standard deviation, 0 to 1 scale
  float hair_shift = 0;
  Colour background_top, background_bottom, clothes;
  std::array<Blob, 3> blobs;
  std::uint32_t texture = 0;
};

/// The identity with this number. Throws Error for a number that is negative or 2^24 or more.
Person draw_person(std::uint64_t seed, int identity);
/// The circumstances of photograph `image` of it. Throws Error as above, for either number.
Shot draw_shot(std::uint64_t seed, int identity, int image);

}  // namespace hypersphere
