#include "apps/data/face_model.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "tensor/error.h"
#include "tensor/random.h"

namespace hypersphere {
namespace {

constexpr int limit = 1 << 24;

// Stream 0 of an identity draws the person, stream 1 + i its photograph i.
Random random_of(std::uint64_t seed, int identity, int stream) {
  const auto index = (static_cast<std::uint64_t>(identity) << 24) + static_cast<std::uint64_t>(stream);
  return Random(seed, random_stream(RandomUse::synthesise, index));
}

constexpr Colour rgb(int r, int g, int b) {
  return {static_cast<float>(r) / 255, static_cast<float>(g) / 255, static_cast<float>(b) / 255};
}

// A value of a bell curve cut at two standard deviations.
float around(Random& random, float mean, float deviation) {
  return mean + deviation * std::clamp(random.normal(), -2.0f, 2.0f);
}

// An index drawn with these weights.
int choose(Random& random, std::initializer_list<float> weights) {
  float total = 0;
  for (const float w : weights) total += w;
  float at = random.uniform() * total;
  int index = 0;
  for (const float w : weights) {
    if (at < w) return index;
    at -= w;
    ++index;
  }
  return index - 1;
}

Colour any_colour(Random& random, float low, float high) {
  const float r = random.uniform(low, high), g = random.uniform(low, high), b = random.uniform(low, high);
  return mix({r, g, b}, Colour{1, 1, 1} * ((r + g + b) / 3), random.uniform(0.2f, 0.8f));  // few are vivid
}

Colour draw_skin(Random& random) {
  constexpr std::array<Colour, 6> tones = {rgb(246, 215, 196), rgb(233, 192, 164), rgb(216, 167, 132),
                                           rgb(184, 128, 94),  rgb(138, 90, 63),   rgb(93, 60, 44)};
  const float at = random.uniform(0, 4.999f);
  const auto index = static_cast<std::size_t>(at);
  Colour skin = mix(tones[index], tones[index + 1], at - static_cast<float>(index));
  const float warmth = around(random, 0, 0.02f);
  return {skin.r + warmth, skin.g, skin.b - warmth};
}

Colour draw_hair(Random& random, bool dark_skin, float age) {
  constexpr std::array<Colour, 9> tones = {rgb(22, 18, 18),  rgb(48, 32, 24),    rgb(84, 54, 34),
                                           rgb(122, 82, 48), rgb(186, 142, 84),  rgb(222, 190, 132),
                                           rgb(142, 62, 32), rgb(150, 148, 146), rgb(214, 212, 208)};
  const float grey = age > 0.6f ? 3.0f : 0.1f;
  const int tone = dark_skin ? choose(random, {5, 3, 0.6f, 0.1f, 0, 0, 0.1f, grey, grey * 0.5f})
                             : choose(random, {2, 2.5f, 2.5f, 2, 1.5f, 1.2f, 1.2f, grey, grey * 0.6f});
  return tones[static_cast<std::size_t>(tone)] * random.uniform(0.85f, 1.15f);
}

Colour draw_iris(Random& random, bool dark_skin) {
  constexpr std::array<Colour, 5> tones = {rgb(58, 36, 24), rgb(98, 62, 32), rgb(88, 138, 178),
                                           rgb(92, 128, 84), rgb(128, 138, 142)};
  const int tone = dark_skin ? choose(random, {6, 2, 0.1f, 0.2f, 0.1f}) : choose(random, {3, 2, 2, 1.2f, 1});
  return tones[static_cast<std::size_t>(tone)];
}

void draw_features(Person& p, Random& random, bool feminine) {
  p.half_width = around(random, 36.5f, 2.2f);
  p.chin = around(random, 111, 2.2f);
  p.taper = random.uniform(0.04f, 0.34f) + (feminine ? 0.05f : 0);
  p.squareness = random.uniform(2.0f, feminine ? 2.4f : 2.9f);
  p.ear_size = random.uniform(7, 11);
  p.ear_out = random.uniform(-0.5f, 3.5f);

  p.eye_gap = around(random, 17.6f, 1.1f);
  p.eye_y = around(random, 51.6f, 1.1f);
  p.eye_width = around(random, 7.2f, 0.75f);
  p.eye_height = random.uniform(2.1f, 4.1f);
  p.eye_slant = around(random, -0.05f, 0.09f);
  p.iris_radius = random.uniform(2.5f, 3.3f);
  p.crease = random.uniform(0, 0.6f);
  p.lashes = feminine ? random.uniform(0.9f, 1.7f) : random.uniform(0.5f, 0.9f);
  p.socket = random.uniform(0.05f, 0.38f);

  p.brow_gap = random.uniform(7.5f, 11.5f);
  p.brow_thickness = feminine ? random.uniform(0.6f, 1.4f) : random.uniform(1.0f, 2.4f);
  p.brow_arch = random.uniform(0.2f, 3.8f);
  p.brow_slant = around(random, 0.02f, 0.09f);
  p.brow_length = random.uniform(8.0f, 11.5f);

  p.nose_y = around(random, 71.7f, 2);
  p.nose_width = random.uniform(5.0f, 9.2f);
  p.nose_bridge = random.uniform(1.6f, 3.6f);

  p.mouth_y = around(random, 92.3f, 1.3f);
  p.mouth_width = around(random, 14.8f, 1.7f);
  p.upper_lip = random.uniform(1.0f, 3.6f);
  p.lower_lip = random.uniform(1.8f, 4.6f);
}

void draw_hair_and_beard(Person& p, Random& random, bool feminine) {
  constexpr std::array<HairStyle, 8> styles = {HairStyle::bald,   HairStyle::receding, HairStyle::cropped,
                                               HairStyle::parted, HairStyle::fringe,   HairStyle::curly,
                                               HairStyle::bob,    HairStyle::straight};
  const int style = feminine ? choose(random, {0.1f, 0, 0.5f, 1, 1.2f, 1.5f, 2, 3})
                             : choose(random, {1, 1.3f, 2.2f, 2, 1.2f, 1.2f, 0.2f, 0.4f});
  p.hair_style = styles[static_cast<std::size_t>(style)];
  p.hairline = around(random, 26, 2.5f);
  p.hair_volume = random.uniform(2.5f, 6.5f);
  p.parting = random.uniform(-16, 16);
  const int beard = feminine ? 0 : choose(random, {4, 1.6f, 0.9f, 1, 1.4f});
  constexpr std::array<BeardStyle, 5> beards = {BeardStyle::none, BeardStyle::stubble, BeardStyle::moustache,
                                                BeardStyle::goatee, BeardStyle::full};
  p.beard = beards[static_cast<std::size_t>(beard)];
}

}  // namespace

Person draw_person(std::uint64_t seed, int identity) {
  expect(identity >= 0 && identity < limit, "synthetic face: expected an identity from 0 to {}, found {}",
         limit - 1, identity);
  Random random = random_of(seed, identity, 0);
  Person p;
  const bool feminine = random.below(2) == 1;
  p.age = random.uniform();
  p.skin = draw_skin(random);
  const bool dark_skin = p.skin.g < 0.52f;
  p.hair = draw_hair(random, dark_skin, p.age);
  p.brow = mix(p.hair * 0.8f, rgb(40, 28, 22), random.uniform(0.1f, 0.6f));
  p.iris = draw_iris(random, dark_skin) * random.uniform(0.85f, 1.15f);
  const float rouge = feminine ? random.uniform(0.3f, 0.95f) : random.uniform(0.2f, 0.5f);
  p.lips = mix(p.skin * Colour{0.86f, 0.72f, 0.70f}, rgb(176, 58, 66), rouge * 0.7f);
  draw_features(p, random, feminine);
  draw_hair_and_beard(p, random, feminine);
  p.blush = random.uniform();
  p.freckles = random.uniform() < 0.18f ? random.uniform(0.4f, 1) : 0;
  p.mole_size = random.uniform() < 0.3f ? random.uniform(0.8f, 1.5f) : 0;
  p.mole_x = random.uniform(-24, 24);
  p.mole_y = random.uniform(66, 102);
  p.glasses = random.uniform() < 0.24f ? (random.below(2) == 1 ? GlassesStyle::round : GlassesStyle::square)
                                       : GlassesStyle::none;
  p.glasses_size = random.uniform(9.5f, 12);
  p.frame = random.below(3) == 0 ? any_colour(random, 0.1f, 0.6f) : rgb(28, 26, 28);
  p.texture = random.bits();
  return p;
}

Shot draw_shot(std::uint64_t seed, int identity, int image) {
  expect(identity >= 0 && identity < limit && image >= 0 && image < limit - 1,
         "synthetic face: expected an identity and an image from 0 to {}, found {} and {}", limit - 2,
         identity, image);
  Random random = random_of(seed, identity, 1 + image);
  Shot s;
  s.roll = around(random, 0, 0.075f);
  s.scale = around(random, 0.94f, 0.04f);
  s.shift_x = around(random, 0, 2);
  s.shift_y = around(random, 0.5f, 2);
  s.yaw = around(random, 0, 4.5f);
  s.pitch = around(random, 0, 2);

  s.smile = std::clamp(around(random, 0.3f, 0.45f), -0.4f, 1.0f);
  s.open = random.uniform() < 0.4f ? random.uniform(0.2f, 1) : 0;
  s.lids = random.uniform(0.75f, 1.1f);
  s.brow_raise = around(random, 0, 1);
  s.gaze_x = around(random, 0, 0.9f);
  s.gaze_y = around(random, 0, 0.35f);

  const float azimuth = around(random, 0, 0.7f), elevation = around(random, 0.35f, 0.3f);
  s.light_x = std::sin(azimuth) * std::cos(elevation);
  s.light_y = -std::sin(elevation);
  s.light_z = std::cos(azimuth) * std::cos(elevation);
  s.ambient = random.uniform(0.28f, 0.68f);
  s.diffuse = 1.12f - s.ambient;
  const float exposure = random.uniform(0.62f, 1.2f), warmth = around(random, 0, 0.06f);
  s.tint = Colour{1 + warmth, 1, 1 - warmth} * exposure;
  s.contrast = random.uniform(0.72f, 1.2f);
  s.noise = random.uniform(0.004f, 0.02f);
  s.hair_shift = around(random, 0, 0.9f);

  s.background_top = any_colour(random, 0.05f, 0.95f);
  s.background_bottom = mix(s.background_top, any_colour(random, 0.05f, 0.95f), 0.6f);
  s.clothes = any_colour(random, 0.05f, 0.95f);
  for (Blob& blob : s.blobs) {
    blob.x = random.uniform(-10, 106);
    blob.y = random.uniform(-10, 122);
    blob.radius = random.uniform(12, 40);
    blob.colour = any_colour(random, 0, 1);
  }
  s.texture = random.bits();
  return s;
}

}  // namespace hypersphere
