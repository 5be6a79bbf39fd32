#include "apps/data/face_painter.h"

#include <memory>

#include "apps/data/face_canvas.h"
#include "apps/data/face_hair.h"

namespace hypersphere {
namespace {

constexpr Colour black{0.05f, 0.04f, 0.04f}, white{0.96f, 0.95f, 0.93f};

Colour shadow_of(const Person& p) { return p.skin * Colour{0.5f, 0.4f, 0.37f}; }

void paint_background(FaceCanvas& canvas, const Shot& s) {
  canvas.each(Space::picture, {0, 0, 96, 112}, [&](float, float y, Colour& pixel, float&) {
    pixel = mix(s.background_top, s.background_bottom, y / 112);
  });
  for (const Blob& b : s.blobs)
    canvas.each(Space::picture, {b.x - b.radius, b.y - b.radius, b.x + b.radius, b.y + b.radius},
                [&](float x, float y, Colour& pixel, float&) {
                  const float r = std::hypot(x - b.x, y - b.y) / b.radius;
                  pixel = mix(pixel, b.colour, 0.6f * smooth(1, 0.4f, r));
                });
}

void paint_neck(FaceCanvas& canvas, const Person& p, const Shot& s) {
  canvas.fill(Space::head, {10, 90, 86, 140}, p.skin * Colour{0.72f, 0.66f, 0.64f}, 1, 1.5f,
              [&](float x, float) { return std::abs(x - middle) - p.half_width * 0.66f; });
  canvas.fill(Space::head, {10, 96, 86, 140}, shadow_of(p), 0.5f, 14,
              [&](float x, float y) { return ellipse(x - middle, y - p.chin + 6, p.half_width * 0.6f, 14); });
  canvas.fill(Space::head, {-30, 96, 126, 150}, s.clothes, 1, 1.2f, [&](float x, float y) {
    const float side = std::abs(x - middle);
    return 122 - 0.35f * std::max(0.0f, side - 8) - y;
  });
}

void paint_ears(FaceCanvas& canvas, const Person& p, const Shot& s) {
  for (const float side : {-1.0f, 1.0f}) {
    // The ear that turns away hides behind the head.
    const float x0 = middle + side * (p.half_width - 1.5f + p.ear_out) - 0.45f * s.yaw, y0 = p.eye_y + 9;
    const Bounds box{x0 - 9, y0 - 16, x0 + 9, y0 + 16};
    canvas.fill(Space::head, box, p.skin * 0.93f, 1, 1.2f, [&](float x, float y) {
      return ellipse(x - x0 - 0.12f * side * (y0 - y), y - y0, 4.5f, p.ear_size);
    });
    canvas.fill(Space::head, box, shadow_of(p), 0.5f, 2.5f, [&](float x, float y) {
      return ellipse(x - x0 - 0.12f * side * (y0 - y), y - y0, 2.2f, p.ear_size * 0.62f);
    });
  }
}

void paint_skin(FaceCanvas& canvas, const Person& p) {
  const Bounds box{4, 0, 92, 122};
  canvas.fill(Space::head, box, p.skin, 1, 1.2f,
              [&](float x, float y) { return canvas.head_distance(x, y); });
  // Rounder at the border, where the skin turns away.
  canvas.each(Space::head, box, [&](float x, float y, Colour& pixel, float&) {
    const float d = canvas.head_distance(x, y);
    pixel = mix(pixel, shadow_of(p), 0.4f * smooth(-10, 0, d) * smooth(0.6f, -0.6f, d));
  });
  for (const float side : {-1.0f, 1.0f}) {
    const float x0 = middle + side * 20;
    canvas.fill(Space::surface, {x0 - 22, 60, x0 + 22, 95}, mix(p.skin, {0.85f, 0.3f, 0.28f}, 0.5f),
                0.1f + 0.3f * p.blush, 16, [&](float x, float y) { return ellipse(x - x0, y - 76, 10, 7); });
  }
  if (p.freckles > 0) {
    std::uint32_t state = p.texture | 1;
    for (int i = 0; i < 26; ++i) {
      state = state * 1664525 + 1013904223;
      const float x0 = middle + (static_cast<float>(state >> 24) / 128 - 1) * 26;
      const float y0 = 64 + static_cast<float>(state >> 16 & 255) / 16;
      canvas.fill(Space::surface, {x0 - 2, y0 - 2, x0 + 2, y0 + 2}, p.skin * Colour{0.66f, 0.5f, 0.4f},
                  0.6f * p.freckles, 1.6f,
                  [&](float x, float y) { return std::hypot(x - x0, y - y0) - 0.45f; });
    }
  }
  canvas.fill(Space::surface, {p.mole_x + middle - 3, p.mole_y - 3, p.mole_x + middle + 3, p.mole_y + 3},
              p.skin * Colour{0.4f, 0.28f, 0.24f}, p.mole_size > 0 ? 0.9f : 0, 1.2f, [&](float x, float y) {
                return std::hypot(x - middle - p.mole_x, y - p.mole_y) - p.mole_size;
              });
}

// Lines that come with years: beside the mouth (also with a smile), under the eyes, on the forehead.
void paint_lines(FaceCanvas& canvas, const Person& p, const Shot& s) {
  const float age = std::max(0.0f, p.age - 0.25f);
  for (const float side : {-1.0f, 1.0f}) {
    const float fold = 0.1f + 0.35f * age + 0.2f * std::max(0.0f, s.smile);
    canvas.fill(
        Space::surface, {18, p.nose_y, 78, p.mouth_y + 6}, shadow_of(p), fold, 3, [&](float x, float y) {
          const float t = (y - p.nose_y) / (p.mouth_y - p.nose_y);  // fades out at both ends
          const float line =
              p.nose_width + 1.5f + (p.mouth_width + 2.5f - p.nose_width) * std::sqrt(std::max(0.0f, t));
          return std::abs(side * (x - middle) - line) + 6 * (t - 0.45f) * (t - 0.45f) - 0.5f;
        });
    const float x0 = middle + side * p.eye_gap, y0 = p.eye_y + p.eye_height + 1.5f;
    canvas.fill(Space::surface, {x0 - 10, y0 - 2, x0 + 10, y0 + 6}, shadow_of(p), 0.08f + 0.45f * age, 2.5f,
                [&](float x, float y) {
                  const float u = (x - x0) / p.eye_width;
                  return std::max(std::abs(y - y0 - 2 * (1 - u * u)) - 0.5f,
                                  (std::abs(u) - 0.9f) * p.eye_width);
                });
  }
  for (int i = 0; i < 3; ++i) {
    const float y0 = 30 + 4.5f * static_cast<float>(i);
    canvas.fill(Space::surface, {28, y0 - 3, 68, y0 + 3}, shadow_of(p), 0.5f * std::max(0.0f, age - 0.25f), 2,
                [&](float x, float y) {
                  const float u = (x - middle) / 18;
                  return std::max(std::abs(y - y0 - u * u) - 0.2f, (std::abs(u) - 1) * 18);
                });
  }
}

void paint_eye(FaceCanvas& canvas, const Person& p, const Shot& s, float side) {
  const float x0 = middle + side * p.eye_gap, y0 = p.eye_y;
  const float lids = s.lids * (1 - 0.22f * std::max(0.0f, s.smile));
  const float width = p.eye_width, upper = p.eye_height * lids, lower = p.eye_height * 0.62f * lids;
  const Bounds near{x0 - 11, y0 - 8, x0 + 11, y0 + 8}, wide{x0 - 18, y0 - 16, x0 + 18, y0 + 15};
  // Coordinates of the eye: u from the inner (-) to the outer (+) corner, v down, turned by the slant.
  auto across = [&](float x) { return side * (x - x0); };
  auto down = [&](float x, float y) { return y - y0 - p.eye_slant * across(x); };
  auto arc = [&](float x) { return 1 - across(x) * across(x) / (width * width); };
  auto opening = [&](float x, float y) {
    const float v = down(x, y), a = arc(x);
    return std::max({-v - upper * a, v - lower * a, std::abs(across(x)) - width}) * 0.8f;
  };
  canvas.fill(Space::surface, wide, shadow_of(p), p.socket, 11,
              [&](float x, float y) { return ellipse(across(x) + 2, y - y0 + 2.5f, 9, 6); });
  canvas.fill(Space::surface, near, mix({0.88f, 0.86f, 0.84f}, p.skin, 0.2f), 1, 1, opening);
  const float ix = x0 + s.gaze_x, iy = y0 - 0.18f * upper + s.gaze_y;
  auto iris = [&](float x, float y) { return std::hypot(x - ix, y - iy) - p.iris_radius; };
  canvas.fill(Space::surface, near, p.iris * 0.6f, 1, 1,
              [&](float x, float y) { return std::max(iris(x, y), opening(x, y)); });
  canvas.fill(Space::surface, near, p.iris, 1, 1,
              [&](float x, float y) { return std::max(iris(x, y) + 0.6f, opening(x, y)); });
  canvas.fill(Space::surface, near, black, 1, 1,
              [&](float x, float y) { return std::max(iris(x, y) + p.iris_radius * 0.55f, opening(x, y)); });
  canvas.fill(Space::surface, near, white, 0.9f, 1, [&](float x, float y) {
    return std::max(std::hypot(x - ix - 1 * (s.light_x > 0 ? 1.0f : -1.0f), y - iy + 1) - 0.6f,
                    opening(x, y));
  });
  // The upper lid's lashes, longer towards the outer corner, and its shadow on the eye.
  canvas.fill(Space::surface, near, black, 0.88f, 1, [&](float x, float y) {
    const float u = across(x) / width, a = std::max(0.0f, arc(x));
    const float thick = 0.35f + p.lashes * 0.5f * (0.7f + 0.5f * u);
    return std::max(std::abs(down(x, y) + upper * a) - thick, (std::abs(u + -0.05f) - 1.05f) * width);
  });
  canvas.fill(Space::surface, near, shadow_of(p), 0.45f, 1.4f, [&](float x, float y) {
    return std::max(std::abs(down(x, y) - lower * arc(x)) - 0.2f, std::abs(across(x)) - width * 0.9f);
  });
  canvas.fill(Space::surface, near, shadow_of(p), 0.2f + p.crease, 1.6f, [&](float x, float y) {
    return std::max(std::abs(down(x, y) + upper * arc(x) + 2.1f) - 0.3f, std::abs(across(x)) - width * 0.85f);
  });
}

void paint_brow(FaceCanvas& canvas, const Person& p, const Shot& s, float side) {
  const float x0 = middle + side * (p.eye_gap + 0.8f), y0 = p.eye_y - p.brow_gap - s.brow_raise;
  canvas.fill(Space::surface, {x0 - 14, y0 - 9, x0 + 14, y0 + 9}, p.brow, 0.85f, 1.8f, [&](float x, float y) {
    const float u = side * (x - x0) / p.brow_length;  // -1 inner end, 1 outer end
    const float line =
        y0 + p.brow_arch * (0.6f * (u - 0.25f) * (u - 0.25f) - 0.3f) + p.brow_slant * u * p.brow_length;
    const float thick = p.brow_thickness * (1 - 0.55f * smooth(0.1f, 1, u));
    return std::max(std::abs(y - line) - thick, (std::abs(u) - 1) * p.brow_length);
  });
}

void paint_nose(FaceCanvas& canvas, const Person& p, const Shot& s) {
  const float x0 = middle + 0.4f * s.yaw, y0 = p.nose_y, w = p.nose_width;  // it stands out from the surface
  const Bounds all{x0 - 16, p.eye_y - 8, x0 + 16, y0 + 10};
  const Colour shadow = shadow_of(p), light = mix(p.skin, white, 0.45f);
  for (const float side : {-1.0f, 1.0f}) {
    const float dark = 0.2f + 0.22f * std::max(0.0f, -side * s.light_x);
    canvas.fill(Space::surface, all, shadow, dark, 4.5f, [&](float x, float y) {
      const float t = (y - p.eye_y + 4) / (y0 - p.eye_y + 4);  // 0 between the brows, 1 at the tip
      const float line = p.nose_bridge + 1.4f + 2.2f * (t - 0.4f) * (t - 0.4f) +
                         (w - p.nose_bridge - 2) * smooth(0.55f, 1, t);
      return std::max(std::abs(side * (x - x0) - line) - 0.6f, std::abs(t - 0.5f) * 25 - 12);
    });
    canvas.fill(Space::surface, all, shadow, 0.55f, 1.6f, [&](float x, float y) {  // wing
      const float dx = side * (x - x0) - (w - 2.6f), dy = y - y0 - 0.4f;
      return std::max(std::abs(std::hypot(dx, dy) - 2.9f) - 0.35f, 0.3f - dx);
    });
    canvas.fill(Space::surface, all, shadow * 0.45f, 0.8f, 1.3f, [&](float x, float y) {
      return ellipse(side * (x - x0) - w * 0.45f, y - y0 - 2.5f + 0.12f * side * (x - x0), w * 0.23f, 0.95f);
    });
  }
  canvas.fill(Space::surface, all, light, 0.3f, 3, [&](float x, float y) {
    return std::max(std::abs(x - x0) - p.nose_bridge * 0.5f, std::abs(y - (p.eye_y + y0) / 2 + 2) - 8);
  });
  canvas.fill(Space::surface, all, light, 0.38f, 4.5f,
              [&](float x, float y) { return ellipse(x - x0 - s.light_x, y - y0 + 1.5f, 2.2f, 1.6f); });
  canvas.fill(Space::surface, all, shadow, 0.4f, 4,
              [&](float x, float y) { return ellipse(x - x0, y - y0 - 4.2f, w * 0.8f, 1.0f); });
}

void paint_mouth(FaceCanvas& canvas, const Person& p, const Shot& s) {
  const float half = p.mouth_width * (1 + 0.16f * s.smile - 0.06f * s.open), y0 = p.mouth_y,
              gap = 5.5f * s.open;
  const Bounds all{middle - 26, y0 - 12, middle + 26, y0 + 18};
  auto bow = [&](float x) { return (x - middle) / half; };
  auto line = [&](float u) { return y0 - s.smile * 3.6f * (u * u - 0.3f); };  // between the lips
  auto arc = [](float u) { return std::sqrt(std::max(0.0f, 1 - u * u)); };
  auto upper_edge = [&](float u) { return line(u) - 0.25f * gap * (1 - u * u); };
  auto lower_edge = [&](float u) { return line(u) + gap * (1 - u * u); };
  auto lips = [&](float x, float y) {
    const float u = bow(x), dip = 1 - 0.38f * smooth(0.22f, 0, std::abs(u));
    const float top = upper_edge(u) - p.upper_lip * dip * arc(u) * (1.15f - 0.45f * std::abs(u));
    const float bottom = lower_edge(u) + p.lower_lip * arc(u);
    return std::max({top - y, y - bottom, (std::abs(u) - 1) * half});
  };
  canvas.fill(Space::surface, all, shadow_of(p), 0.32f, 5, [&](float x, float y) {
    return ellipse(x - middle, y - lower_edge(0) - p.lower_lip - 2.2f, half * 0.55f, 1.2f);
  });
  canvas.fill(Space::surface, all, p.lips, 0.92f, 1.5f, lips);
  canvas.fill(Space::surface, all, mix(p.lips, white, 0.5f), 0.32f, 2.4f, [&](float x, float y) {
    return ellipse(x - middle, y - lower_edge(0) - p.lower_lip * 0.45f, half * 0.4f, p.lower_lip * 0.22f);
  });
  auto inside = [&](float x, float y) {
    const float u = bow(x);
    return std::max({upper_edge(u) - y, y - lower_edge(u), (std::abs(u) - 0.97f) * half});
  };
  if (gap > 0.5f) {
    canvas.fill(Space::surface, all, {0.24f, 0.07f, 0.08f}, 1, 1.2f, inside);
    canvas.fill(Space::surface, all, white * 0.95f, 0.95f, 1.2f, [&](float x, float y) {
      const float u = bow(x);
      return std::max({inside(x, y), y - upper_edge(u) - 2.6f * (1 - u * u), (std::abs(u) - 0.8f) * half});
    });
  }
  canvas.fill(Space::surface, all, p.lips * Colour{0.4f, 0.3f, 0.3f}, gap > 0.5f ? 0.4f : 0.85f, 1.3f,
              [&](float x, float y) {
                const float u = bow(x);
                return std::max(std::abs(y - upper_edge(u)) - 0.3f, (std::abs(u) - 1.02f) * half);
              });
}

void paint_glasses(FaceCanvas& canvas, const Person& p, const Shot& s) {
  const float size = p.glasses_size, y0 = p.eye_y + 1.5f;
  const float gap = std::max(p.eye_gap, size + 2);
  const bool round = p.glasses == GlassesStyle::round;
  for (const float side : {-1.0f, 1.0f}) {
    const float x0 = middle + side * gap;
    auto lens = [&](float x, float y) {
      const float dx = std::abs(x - x0), dy = std::abs(y - y0);
      if (round) return std::hypot(dx, dy) - size;
      const float qx = dx - size + 3, qy = dy - size * 0.68f + 3;  // a rectangle with round corners
      return std::hypot(std::max(qx, 0.0f), std::max(qy, 0.0f)) + std::min(std::max(qx, qy), 0.0f) - 3;
    };
    const Bounds box{x0 - 16, y0 - 15, x0 + 16, y0 + 15};
    canvas.fill(Space::surface, box, white, 0.07f, 1, lens);
    canvas.fill(Space::surface, box, white, 0.22f, 3, [&](float x, float y) {  // a reflection
      return std::max(lens(x, y) + 2, std::abs(x - x0 + 0.6f * (y - y0) - 6 * s.light_x) - 1.5f);
    });
    canvas.fill(Space::surface, box, p.frame, 0.95f, 1.1f,
                [&](float x, float y) { return std::abs(lens(x, y)) - 0.65f; });
    canvas.fill(
        Space::head, {middle - 50, y0 - 8, middle + 50, y0 + 4}, p.frame, 0.9f, 1.1f, [&](float x, float y) {
          const float out = side * (x - middle);
          return std::max(
              {std::abs(y - y0 + 3) - 0.7f, gap + size + 0.4f * side * s.yaw - out, out - p.half_width - 1});
        });
  }
  canvas.fill(Space::surface, {middle - 14, y0 - 8, middle + 14, y0 + 4}, p.frame, 0.95f, 1.1f,
              [&](float x, float y) {
                const float u = (x - middle) / (gap - size + 0.5f);
                return std::max(std::abs(y - y0 + 3 - 1.5f * u * u) - 0.65f, (std::abs(u) - 1) * 8);
              });
}

}  // namespace

Image paint_face(const Person& person, const Shot& shot) {
  const auto board =
      std::make_unique<FaceCanvas>(person, shot);  // half a megabyte: too much for a thread's stack
  FaceCanvas& canvas = *board;
  paint_background(canvas, shot);
  paint_hair_behind(canvas, person, shot);
  paint_neck(canvas, person, shot);
  paint_ears(canvas, person, shot);
  paint_skin(canvas, person);
  paint_lines(canvas, person, shot);
  paint_beard(canvas, person, shot);
  for (const float side : {-1.0f, 1.0f}) {
    paint_eye(canvas, person, shot, side);
    paint_brow(canvas, person, shot, side);
  }
  paint_nose(canvas, person, shot);
  paint_mouth(canvas, person, shot);
  paint_hair_in_front(canvas, person, shot);
  canvas.shade();
  if (person.glasses != GlassesStyle::none) paint_glasses(canvas, person, shot);
  return canvas.finish();
}

}  // namespace hypersphere
