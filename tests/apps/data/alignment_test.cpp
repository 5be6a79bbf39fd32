// Alignment onto the template.
#include "apps/data/alignment.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "scratch.h"

namespace hypersphere::test {
namespace {

double distance(Point p, Point q) { return std::hypot(p.x - q.x, p.y - q.y); }

// A smooth picture: where it was sampled can be read off its values.
Image waves(int width, int height, const Similarity& to_scene) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const Point p = to_scene({static_cast<double>(x), static_cast<double>(y)});
      for (const double value : {std::sin(p.x / 15), std::sin(p.y / 15), std::sin((p.x + p.y) / 25)})
        image.pixels.push_back(static_cast<std::uint8_t>(std::lround(127.5 + 120 * value)));
    }
  return image;
}

int largest_difference(const Image& a, const Image& b, int border) {
  int largest = 0;
  for (int y = border; y < a.height - border; ++y)
    for (int x = border; x < a.width - border; ++x)
      for (int c = 0; c < 3; ++c) {
        const auto i = static_cast<std::size_t>(3 * (y * a.width + x) + c);
        largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
      }
  return largest;
}

}  // namespace

TEST_CASE("similarity: there and back") {
  const Similarity s{1.2, -0.7, 13, -4};
  const Point p{3, 5};
  CHECK(s(p) == Point{1.2 * 3 + 0.7 * 5 + 13, -0.7 * 3 + 1.2 * 5 - 4});
  CHECK(distance(s.inverse()(s(p)), p) < 1e-12);
  CHECK(s.scale() == doctest::Approx(std::sqrt(1.93)));
  CHECK(Similarity{0, 2, 0, 0}.angle() == doctest::Approx(90));
  CHECK(holds(error_of([] { (Similarity{0, 0, 1, 1}).inverse(); }), "scale of 0"));
}

TEST_CASE("fit: points that a similarity moved are brought back to a hundredth of a pixel and better") {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (int i = 0; i < 100; ++i) {
    const Similarity moved{3 * uniform(random), 3 * uniform(random), 200 * uniform(random),
                           200 * uniform(random)};
    Landmarks points = face_template();
    for (Point& p : points) p = moved(p);
    const Similarity fit = fit_similarity(points, face_template());
    for (std::size_t k = 0; k < points.size(); ++k)
      CHECK(distance(fit(points[k]), face_template()[k]) < 1e-9);
  }
}

TEST_CASE("fit: the sum of squares is least, worked out by hand and by trying") {
  // Four corners of a square and its centre; one corner moved outwards by (4, 0).
  const Landmarks from = {{{-1, -1}, {1, -1}, {0, 0}, {-1, 1}, {1, 1}}},
                  to = {{{-1, -1}, {5, -1}, {0, 0}, {-1, 1}, {1, 1}}};
  // Means (0, 0) and (0.8, 0). along = sum p.q' = 2 + (4.2 + 1) + ... with q' = q - (0.8, 0): 8 + 4 = 12, across = 0*... = 1 * 0 - (-1) * 4 = 4, square = 8.
  const Similarity fit = fit_similarity(from, to);
  CHECK(fit.a == doctest::Approx(1.5));
  CHECK(fit.b == doctest::Approx(0.5));
  CHECK(fit.dx == doctest::Approx(0.8));
  CHECK(fit.dy == doctest::Approx(0).epsilon(1e-12));
  const auto error = [&](const Similarity& s) {
    double sum = 0;
    for (std::size_t i = 0; i < from.size(); ++i) sum += std::pow(distance(s(from[i]), to[i]), 2);
    return sum;
  };
  for (const Similarity& other :
       {Similarity{fit.a + 0.01, fit.b, fit.dx, fit.dy}, Similarity{fit.a, fit.b - 0.01, fit.dx, fit.dy},
        Similarity{fit.a, fit.b, fit.dx + 0.01, fit.dy}, Similarity{fit.a, fit.b, fit.dx, fit.dy - 0.01}})
    CHECK(error(other) > error(fit));
  CHECK(holds(error_of([&] { fit_similarity(Landmarks{}, to); }), "coincide"));
  Landmarks infinite = from;
  infinite[2].x = INFINITY;
  CHECK(holds(error_of([&] { fit_similarity(infinite, to); }), "finite"));
}

TEST_CASE("template: the authors' points, counted from 0") {
  const Landmarks wanted = {
      {{30.2946, 51.6963}, {65.5318, 51.5014}, {48.0252, 71.7366}, {33.5493, 92.3655}, {62.7299, 92.2041}}};
  for (std::size_t i = 0; i < wanted.size(); ++i)
    CHECK(distance(face_template()[i], {wanted[i].x - 1, wanted[i].y - 1}) < 1e-9);
}

TEST_CASE("warp: nothing to do changes nothing, whole pixels are copied, edges repeated") {
  const Image image = gradient(40, 30);
  CHECK(warp(image, {}, 40, 30).pixels == image.pixels);
  const Image shifted = warp(image, {1, 0, 5, -3}, 40, 30);
  const auto value = [](const Image& of, int x, int y) {
    return of.pixels[static_cast<std::size_t>(3 * (y * of.width + x))];
  };
  CHECK(value(shifted, 15, 10) == value(image, 10, 13));
  CHECK(value(shifted, 2, 10) == value(image, 0, 13));
  CHECK(value(shifted, 15, 29) == value(image, 10, 29));
  // Bilinear, by hand: half way between 10 and 20 is 15.
  const Image two{2, 1, {10, 0, 0, 20, 0, 0}};
  CHECK(warp(two, {1, 0, -0.5, 0}, 1, 1).pixels == std::vector<std::uint8_t>{15, 0, 0});
}

TEST_CASE("warp: turned, enlarged and reduced pictures show the scene where they should") {
  for (const Similarity& to_picture : {Similarity{0.9, 0.3, 10, -20}, Similarity{1.9, -0.8, -60, 10},
                                       Similarity{0.4, 0.1, 20, 20}, Similarity{-0.3, 0.35, 70, 30}}) {
    const Image source = waves(300, 300, {});
    const Image expected = waves(96, 112, to_picture.inverse());
    const Image found = warp(source, to_picture, 96, 112);
    // Only where all of the source is there; the reduced ones blur by what they average.
    const Similarity back = to_picture.inverse();
    Image masked = found;
    for (int y = 0; y < 112; ++y)
      for (int x = 0; x < 96; ++x) {
        const Point p = back({static_cast<double>(x), static_cast<double>(y)});
        if (p.x > 5 && p.y > 5 && p.x < 294 && p.y < 294) continue;
        for (std::size_t c = 0; c < 3; ++c) {
          const auto i = static_cast<std::size_t>(3 * (y * 96 + x)) + c;
          masked.pixels[i] = expected.pixels[i];
        }
      }
    CHECK(largest_difference(masked, expected, 0) <= (to_picture.scale() < 0.6 ? 5 : 2));
  }
}

TEST_CASE("warp: a reduced picture does not alias") {
  // Columns of black and white, reduced five times: grey, where single samples would give black or white.
  Image stripes{200, 200, {}};
  for (int i = 0; i < 200 * 200; ++i)
    stripes.pixels.insert(stripes.pixels.end(), 3, static_cast<std::uint8_t>(i % 2 * 255));
  const Image small = warp(stripes, {0.2, 0, 0, 0}, 38, 38);
  for (int y = 2; y < 36; ++y)
    for (int x = 2; x < 36; ++x)
      CHECK(std::abs(small.pixels[static_cast<std::size_t>(3 * (y * 38 + x))] - 128) < 12);
  // A plain area keeps its value.
  for (const std::uint8_t v : warp(plain(100, 100, 77, 77, 77), {0.21, 0.13, 3, 4}, 20, 20).pixels)
    CHECK(v == 77);
}

TEST_CASE("a face is brought to the template, also in a wider picture") {
  const Similarity moved{2.1, 0.4, 60, 30};  // from the template to the photograph
  Landmarks landmarks = face_template();
  for (Point& p : landmarks) p = moved(p);
  const Image photograph = waves(400, 420, moved.inverse());  // in the template's coordinates
  CHECK(largest_difference(align_face(photograph, landmarks), waves(96, 112, {}), 0) <= 3);
  CHECK(largest_difference(align_face(photograph, landmarks, 112, 112), waves(112, 112, {1, 0, -8, 0}), 4) <=
        3);
}

TEST_CASE("what is aligned already is known by its size and its landmarks") {
  Landmarks wide = face_template();
  for (Point& p : wide) p.x += 8;
  CHECK(looks_aligned(96, 112, face_template()));
  CHECK(looks_aligned(112, 112, wide));
  CHECK(!looks_aligned(112, 112, face_template()));
  CHECK(!looks_aligned(250, 250, face_template()));
  for (const Similarity& s :
       {Similarity{1.2, 0, 0, 0}, Similarity{1, 0, 4, 0}, Similarity{0.99, 0.14, 0, 0}}) {
    Landmarks points = face_template();
    for (Point& p : points) p = s(p);
    CHECK(!looks_aligned(96, 112, points));
  }
}

}  // namespace hypersphere::test
