#include "apps/data/face_hair.h"

namespace hypersphere {
namespace {

bool falls_long(const Person& p) {
  return p.hair_style == HairStyle::bob || p.hair_style == HairStyle::straight;
}

// Value noise in [-1, 1] that changes over `x` and `y` at a distance of about 1.
float wisp(float x, float y, std::uint32_t seed) {
  const float fx = std::floor(x), fy = std::floor(y);
  auto corner = [&](float cx, float cy) {
    auto h = static_cast<std::uint32_t>(static_cast<std::int32_t>(cx)) * 0x9E3779B1u ^
             static_cast<std::uint32_t>(static_cast<std::int32_t>(cy)) * 0x85EBCA77u ^ seed;
    h = (h ^ h >> 15) * 0x2C1B3C6Du;
    return static_cast<float>((h ^ h >> 13) & 0xFFFF) / 32768 - 1;
  };
  const float tx = x - fx, ty = y - fy;
  const float top = corner(fx, fy) + (corner(fx + 1, fy) - corner(fx, fy)) * tx;
  const float bottom = corner(fx, fy + 1) + (corner(fx + 1, fy + 1) - corner(fx, fy + 1)) * tx;
  return top + (bottom - top) * ty;
}

// Fills a shape with strands: brightness varies across them, little along them.
template <class Distance>
void fill_hair(FaceCanvas& canvas, const Person& p, Bounds bounds, float edge, Distance&& distance) {
  const bool curls = p.hair_style == HairStyle::curly;
  canvas.each(Space::head, bounds, [&](float x, float y, Colour& pixel, float& solid) {
    const float cover = smooth(0.5f * edge, -0.5f * edge, distance(x, y));
    if (cover <= 0) return;
    // Strands run from the parting outwards and down.
    const float across =
        curls ? x * 0.45f : (x - middle - p.parting) / (1 + 0.012f * std::max(0.0f, 60 - y)) * 0.75f;
    const float along = curls ? y * 0.45f : y * 0.09f;
    const float strand = wisp(across, along, p.texture);
    const float gloss = 0.16f * smooth(10, 0, std::abs(y - 15));
    const Colour hair = mix(p.hair * (1 + 0.22f * strand), {1, 1, 1}, gloss * (0.5f + 0.3f * strand));
    pixel = mix(pixel, hair, cover);
    solid = std::max(solid, cover);
  });
}

// y of the hairline above the face at surface coordinate x, without the sides.
float hairline(const Person& p, const Shot& s, float x) {
  const float dx = x - middle, y0 = p.hairline + s.hair_shift, edge = std::abs(dx) / p.half_width;
  const float temples = 26 * edge * edge * edge * edge;
  switch (p.hair_style) {
    case HairStyle::bald:
      return -40;
    case HairStyle::receding:
      return y0 - 9 - 7 * smooth(4, 16, std::abs(dx)) * smooth(34, 20, std::abs(dx)) + temples;
    case HairStyle::cropped:
      return y0 - 3 + temples;
    case HairStyle::parted: {
      const float away = dx - p.parting;
      return y0 - 6 + 0.42f * std::abs(away) * (away * p.parting > 0 ? 0.5f : 1) + temples * 0.8f;
    }
    case HairStyle::fringe:
      return y0 + 11 + 1.4f * wisp(x * 0.35f, 3, p.texture) + temples * 0.6f;
    case HairStyle::curly:
      return y0 - 2 + 2.2f * std::sin(x * 0.55f + static_cast<float>(p.texture & 7)) + temples;
    case HairStyle::bob:
      return y0 - 7 + 0.7f * std::abs(dx - p.parting * 0.4f) + temples;
    case HairStyle::straight:
      return y0 - 10 + 0.04f * (dx - p.parting * 0.25f) * (dx - p.parting * 0.25f) + temples * 0.7f;
  }
  return 0;
}

// How far down the sides of the head the hair reaches in front of the ears.
float side_length(const Person& p) {
  switch (p.hair_style) {
    case HairStyle::bald:
      return -40;
    case HairStyle::receding:
      return 56;
    case HairStyle::fringe:
      return 66;
    case HairStyle::curly:
      return 64;
    case HairStyle::bob:
      return 92;
    case HairStyle::straight:
      return 140;
    default:
      return 52;
  }
}

float volume(const Person& p) {
  switch (p.hair_style) {
    case HairStyle::bald:
      return 0;
    case HairStyle::receding:
    case HairStyle::cropped:
      return 1.5f + 0.25f * p.hair_volume;
    case HairStyle::curly:
      return 5 + p.hair_volume;
    default:
      return 2 + 0.8f * p.hair_volume;
  }
}

}  // namespace

void paint_hair_behind(FaceCanvas& canvas, const Person& p, const Shot& s) {
  if (!falls_long(p)) return;
  const float length = p.hair_style == HairStyle::bob ? 96 : 160, wide = p.half_width + volume(p) + 1;
  fill_hair(canvas, p, {-20, 0, 116, 150}, 1.5f, [&](float x, float y) {
    const float dx = x - middle + 0.3f * s.yaw, dy = y - 52;
    if (dy < 0) return ellipse(dx, dy, wide, 50 + volume(p));
    return std::max(std::abs(dx) - wide - 0.06f * dy, y - length);
  });
}

void paint_hair_in_front(FaceCanvas& canvas, const Person& p, const Shot& s) {
  if (p.hair_style == HairStyle::bald) return;
  const float out = volume(p), sides = side_length(p);
  const float thick = falls_long(p) ? 4.5f + 0.5f * p.hair_volume : 2.2f;  // of the hair at the sides
  fill_hair(canvas, p, {-14, -14, 110, 150}, 1.6f, [&](float x, float y) {
    const float bumps =
        p.hair_style == HairStyle::curly ? 1.6f * wisp(x * 0.22f, y * 0.22f, p.texture) + 0.5f : 0;
    const float head = canvas.head_distance(x, y);
    const float outside = head - out * smooth(sides + 6, sides - 30, y) - bumps - (falls_long(p) ? 2.5f : 0);
    // The hairline belongs to the surface: it slides with the face when the head turns.
    const float slide = std::max(0.0f, 1 - std::abs(x - middle) / p.half_width) * s.yaw;
    const float above = y - hairline(p, s, x - slide);
    // Beside the face and, where it is long, beside the neck, but not across the throat.
    const float beside = std::max(
        {-head - thick - 3 * smooth(60, 30, y), y - sides, 0.58f * p.half_width - std::abs(x - middle)});
    return std::max(outside, std::min(above, beside) * 0.8f);
  });
}

void paint_beard(FaceCanvas& canvas, const Person& p, const Shot& s) {
  if (p.beard == BeardStyle::none) return;
  const Colour colour = mix(p.brow, p.hair, 0.5f);
  const float mouth = p.mouth_y, drop = 2 * s.open;
  auto moustache = [&](float x, float y) {
    const float u = std::abs(x - middle) / (p.mouth_width + 2.5f);
    const float line = mouth - p.upper_lip - 3.2f + 3.4f * u * u - 1.5f * s.smile * u * u;
    return std::max(std::abs(y - line) - 2.4f * (1 - 0.5f * u), (u - 1) * 10);
  };
  auto goatee = [&](float x, float y) {
    const float ring = ellipse(x - middle, y - mouth - 6, p.mouth_width + 2.5f, 17);
    return std::max(ring, mouth - 4 - y);
  };
  auto full = [&](float x, float y) {
    const float dx = std::abs(x - middle);
    const float sideburn = smooth(0.55f, 1, dx / p.half_width);
    const float cheek = mouth - 5 + 0.12f * (p.mouth_width - dx) - 34 * sideburn * sideburn;
    return std::max(cheek - y, canvas.head_distance(x, y) - 2);  // not over the ears
  };
  const Bounds lower{4, 56, 92, 124};
  const float opacity = p.beard == BeardStyle::stubble ? 0.36f : 0.9f;
  const float edge = p.beard == BeardStyle::stubble ? 7.0f : 3.6f;
  auto speckled = [&](auto shape) {
    canvas.each(Space::surface, lower, [&](float x, float y, Colour& pixel, float& solid) {
      const float cover = opacity * solid * smooth(0.5f * edge, -0.5f * edge, shape(x, y));
      const float hairs = wisp(x * 0.9f, (y - drop) * 0.6f, p.texture);
      pixel = mix(pixel, colour * (1 + 0.25f * hairs), cover * (0.88f + 0.12f * hairs));
    });
  };
  switch (p.beard) {
    case BeardStyle::moustache:
      return speckled(moustache);
    case BeardStyle::goatee:
      return speckled([&](float x, float y) { return std::min(moustache(x, y), goatee(x, y)); });
    default:
      return speckled([&](float x, float y) { return std::min(moustache(x, y), full(x, y)); });
  }
}

}  // namespace hypersphere
