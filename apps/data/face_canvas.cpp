#include "apps/data/face_canvas.h"

#include "tensor/random.h"

namespace hypersphere {
namespace {

constexpr float centre_y = 60;  // of the head, about which it turns
constexpr float crown = 5;      // top of the skull

std::uint8_t to_byte(float value) {
  return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
}

}  // namespace

FaceCanvas::FaceCanvas(const Person& person, const Shot& shot)
    : person_(person), shot_(shot), cos_(std::cos(shot.roll)), sin_(std::sin(shot.roll)) {
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      const auto i = static_cast<std::size_t>(row * width + column);
      const float px = static_cast<float>(column), py = static_cast<float>(row);
      places_[0][i] = {px, py};
      const float dx = (px - middle - shot.shift_x) / shot.scale,
                  dy = (py - centre_y - shot.shift_y) / shot.scale;
      const float x = middle + cos_ * dx + sin_ * dy, y = centre_y - sin_ * dx + cos_ * dy;
      places_[1][i] = {x, y};
      // The middle of the face is nearest to the camera and moves most when the head turns; its outline
      // stays.
      const float u = (x - middle) / (person.half_width + 4), v = (y - centre_y) / 54;
      const float nearness = std::max(0.0f, 1 - u * u - v * v);
      places_[2][i] = {x - shot.yaw * nearness, y - shot.pitch * nearness};
    }
}

Bounds FaceCanvas::on_picture(Space space, Bounds b) const {
  if (space == Space::picture) return b;
  if (space == Space::surface) {
    const float x = std::abs(shot_.yaw), y = std::abs(shot_.pitch);
    b = {b.left - x, b.top - y, b.right + x, b.bottom + y};
  }
  Bounds box{1e9f, 1e9f, -1e9f, -1e9f};
  for (const float x : {b.left, b.right})
    for (const float y : {b.top, b.bottom}) {
      const float dx = x - middle, dy = y - centre_y;
      const float px = middle + shot_.shift_x + shot_.scale * (cos_ * dx - sin_ * dy);
      const float py = centre_y + shot_.shift_y + shot_.scale * (sin_ * dx + cos_ * dy);
      box = {std::min(box.left, px), std::min(box.top, py), std::max(box.right, px),
             std::max(box.bottom, py)};
    }
  return box;
}

float FaceCanvas::head_distance(float x, float y) const {
  const float dx = std::abs(x - middle), dy = y - centre_y;
  if (dy <= 0) return ellipse(dx, dy, person_.half_width, centre_y - crown);
  const float chin = person_.chin + 2 * shot_.open - centre_y;
  const float down = dy / chin;
  const float half_width = person_.half_width * (1 - person_.taper * std::min(down, 1.3f));
  const float u = dx / half_width, power = person_.squareness;
  return (std::pow(std::pow(u, power) + std::pow(down, power), 1 / power) - 1) * half_width;
}

void FaceCanvas::shade() {
  each(Space::head, {-60, -60, 160, 180}, [&](float x, float y, Colour& pixel, float& solid) {
    const float nx = std::clamp((x - middle) / (person_.half_width + 5), -1.0f, 1.0f);
    const float ny = std::clamp((y - centre_y) / 62, -1.0f, 1.0f);
    const float nz = std::sqrt(std::max(0.06f, 1 - nx * nx - ny * ny));
    const float facing =
        (nx * shot_.light_x + ny * shot_.light_y + nz * shot_.light_z) / std::hypot(nx, ny, nz);
    const float light = shot_.ambient + shot_.diffuse * smooth(-0.35f, 1.1f, facing) * 1.1f;
    const Colour lit = pixel * light;
    // Where the light leaves, colours also turn a little warmer, as skin does.
    pixel = mix(pixel, mix(lit, lit * Colour{1.06f, 0.98f, 0.94f}, 1 - std::max(0.0f, facing)), solid);
  });
}

Image FaceCanvas::finish() const {
  Image image{width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height)};
  std::uint32_t state = shot_.texture | 1;
  // A sum of four bytes of a shift register is close enough to a bell curve (standard deviation 148).
  auto grain = [&] {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    const std::uint32_t sum = (state & 255) + (state >> 8 & 255) + (state >> 16 & 255) + (state >> 24);
    return (static_cast<float>(sum) - 510) / 148 * shot_.noise;
  };
  for (std::size_t i = 0; i < pixels_.size(); ++i) {
    const Colour c = pixels_[i] * shot_.tint;
    const float shared = grain();
    image.pixels[3 * i] = to_byte(0.5f + (c.r - 0.5f) * shot_.contrast + shared + 0.5f * grain());
    image.pixels[3 * i + 1] = to_byte(0.5f + (c.g - 0.5f) * shot_.contrast + shared);
    image.pixels[3 * i + 2] = to_byte(0.5f + (c.b - 0.5f) * shot_.contrast + shared + 0.5f * grain());
  }
  return image;
}

}  // namespace hypersphere
