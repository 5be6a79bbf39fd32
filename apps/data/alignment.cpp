#include "apps/data/alignment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr int template_width = 96, template_height = 112, wide_template = 112;

Point mean(const Landmarks& points) {
  Point sum;
  for (const Point& p : points) sum.x += p.x, sum.y += p.y;
  constexpr double count = std::tuple_size_v<Landmarks>;
  return {sum.x / count, sum.y / count};
}

// The template in the middle of a picture of that size.
Landmarks template_in(int width, int height) {
  Landmarks points = face_template();
  for (Point& p : points) {
    p.x += (width - template_width) / 2.0;
    p.y += (height - template_height) / 2.0;
  }
  return points;
}

// 1 at 0, falling to 0 at 1 and -1.
double tent(double distance) { return std::max(0.0, 1 - std::abs(distance)); }

// One pixel of the result: a mean of the pixels round `at` with the weights tent(u) tent(v), where (u, v) is the way from `at` in pixels of whichever of the
// two pictures is the coarser.
class Sampler {
 public:
  Sampler(const Image& image, const Similarity& to_picture) : image_(image) {
    const double scale = to_picture.scale();
    if (scale < 1) {
      a_ = to_picture.a, b_ = to_picture.b;
      reach_ = (std::abs(a_) + std::abs(b_)) /
               (scale * scale);  // of the turned square of 2 x 2 pixels of the result
    }
  }

  std::array<std::uint8_t, 3> operator()(Point at) const {
    std::array<double, 3> sum{};
    double weights = 0;
    const auto first_row = static_cast<int>(std::ceil(at.y - reach_)),
               last_row = static_cast<int>(std::floor(at.y + reach_));
    const auto first_column = static_cast<int>(std::ceil(at.x - reach_)),
               last_column = static_cast<int>(std::floor(at.x + reach_));
    for (int y = first_row; y <= last_row; ++y)
      for (int x = first_column; x <= last_column; ++x) {
        const double dx = x - at.x, dy = y - at.y;
        const double weight = tent(a_ * dx - b_ * dy) * tent(b_ * dx + a_ * dy);
        if (weight == 0) continue;
        const std::uint8_t* pixel = pixel_at(x, y);
        for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += weight * pixel[c];
        weights += weight;
      }
    std::array<std::uint8_t, 3> result{};
    for (std::size_t c = 0; c < sum.size(); ++c)
      result[c] = static_cast<std::uint8_t>(std::lround(sum[c] / weights));
    return result;
  }

 private:
  const std::uint8_t* pixel_at(int x, int y) const {
    const auto column = static_cast<std::size_t>(std::clamp(x, 0, image_.width - 1));
    const auto row = static_cast<std::size_t>(std::clamp(y, 0, image_.height - 1));
    return image_.pixels.data() + 3 * (row * static_cast<std::size_t>(image_.width) + column);
  }

  const Image& image_;
  double a_ = 1, b_ = 0, reach_ = 1;
};

}  // namespace

const Landmarks& face_template() {
  // The authors' five points less (1, 1).
  static const Landmarks points = {
      {{29.2946, 50.6963}, {64.5318, 50.5014}, {47.0252, 70.7366}, {32.5493, 91.3655}, {61.7299, 91.2041}}};
  return points;
}

double Similarity::scale() const { return std::hypot(a, b); }

double Similarity::angle() const { return std::atan2(b, a) * 180 / std::numbers::pi; }

Similarity Similarity::inverse() const {
  const double square = a * a + b * b;
  expect(square > 0, "similarity: a scale of 0 has no way back");
  Similarity back{a / square, -b / square, 0, 0};
  const Point moved = back({dx, dy});
  back.dx = -moved.x, back.dy = -moved.y;
  return back;
}

Similarity fit_similarity(const Landmarks& from, const Landmarks& to) {
  const Point from_mean = mean(from), to_mean = mean(to);
  // About the means, the sum over |a p - b Jp - q|^2 is least where its derivatives by a and b vanish.
  double along = 0, across = 0, square = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const Point p{from[i].x - from_mean.x, from[i].y - from_mean.y},
        q{to[i].x - to_mean.x, to[i].y - to_mean.y};
    along += p.x * q.x + p.y * q.y;
    across += p.x * q.y - p.y * q.x;
    square += p.x * p.x + p.y * p.y;
  }
  expect(std::isfinite(square) && std::isfinite(along) && std::isfinite(across),
         "alignment: landmarks must be finite");
  expect(square > 0, "alignment: the landmarks coincide");
  Similarity fit{along / square, across / square, 0, 0};
  const Point moved = fit(from_mean);
  fit.dx = to_mean.x - moved.x, fit.dy = to_mean.y - moved.y;
  return fit;
}

Image warp(const Image& image, const Similarity& to_picture, int width, int height) {
  expect(width > 0 && height > 0 && image.width > 0 && image.height > 0,
         "alignment: expected pictures of at least 1 x 1 pixels");
  const Similarity back = to_picture.inverse();
  const Sampler sample(image, to_picture);
  Image result{width, height, {}};
  result.pixels.reserve(std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (const std::uint8_t value : sample(back({static_cast<double>(x), static_cast<double>(y)})))
        result.pixels.push_back(value);
  return result;
}

Image align_face(const Image& image, const Landmarks& landmarks, int width, int height) {
  return warp(image, fit_similarity(landmarks, template_in(width, height)), width, height);
}

bool looks_aligned(int width, int height, const Landmarks& landmarks) {
  if (height != template_height || (width != template_width && width != wide_template)) return false;
  constexpr double pixels = 3, degrees = 5, share = 0.1;
  const Landmarks wanted = template_in(width, height);
  const Similarity fit = fit_similarity(landmarks, wanted);
  const Point found = mean(landmarks), centre = mean(wanted);
  return std::abs(fit.scale() - 1) < share && std::abs(fit.angle()) < degrees &&
         std::hypot(found.x - centre.x, found.y - centre.y) < pixels;
}

}  // namespace hypersphere
