#include "apps/data/synthetic.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apps/data/dataset.h"
#include "apps/data/face_model.h"
#include "apps/data/face_painter.h"
#include "apps/data/pairs.h"
#include "scratch.h"

namespace hypersphere::test {
namespace {

double difference(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

// Upright, frontal, evenly lit, on grey: only the person shows.
Shot passport_photograph() {
  Shot shot;
  shot.ambient = 1;
  shot.background_top = shot.background_bottom = shot.clothes = {0.5f, 0.5f, 0.5f};
  return shot;
}

// Mean brightness of the pixels within `radius` of a point.
double brightness(const Image& image, double x, double y, double radius) {
  double sum = 0, count = 0;
  for (int row = 0; row < image.height; ++row)
    for (int column = 0; column < image.width; ++column)
      if (std::hypot(column - x, row - y) <= radius) {
        for (std::size_t c = 0; c < 3; ++c)
          sum += image.pixels[static_cast<std::size_t>(row * image.width + column) * 3 + c];
        count += 3;
      }
  return sum / count;
}

}  // namespace

TEST_CASE("a face is 96 x 112 and a function of seed, identity and image") {
  const Image face = draw_face(3, 5, 2);
  CHECK(face.width == 96);
  CHECK(face.height == 112);
  CHECK(face.pixels.size() == 96 * 112 * 3);
  CHECK(draw_face(3, 5, 2).pixels == face.pixels);
  CHECK(difference(draw_face(4, 5, 2), face) > 5);
  CHECK(difference(draw_face(3, 6, 2), face) > 5);
  CHECK(difference(draw_face(3, 5, 3), face) > 5);
}

TEST_CASE("an identity is the same person in other circumstances") {
  double own = 0, others = 0;
  const Shot shot = passport_photograph();
  for (int i = 0; i < 20; ++i) {
    Shot turned = shot;
    turned.yaw = 2;
    turned.smile = 0.5f;
    const Image face = paint_face(draw_person(1, i), shot);
    own += difference(face, paint_face(draw_person(1, i), turned));
    others += difference(face, paint_face(draw_person(1, i + 1), shot));
  }
  CHECK(others > 3 * own);
}

TEST_CASE("eyes and mouth are where the template has them") {
  const Shot shot = passport_photograph();
  int eyes = 0;
  for (int i = 0; i < 40; ++i) {
    Person person = draw_person(2, i);
    person.glasses = GlassesStyle::none;
    person.hair_style = HairStyle::bald;
    person.beard = BeardStyle::none;
    const Image face = paint_face(person, shot);
    const double cheek = brightness(face, 48 + 17, 66, 3);
    const bool left = brightness(face, 30.3, 51.7, 3) < cheek,
               right = brightness(face, 65.5, 51.5, 3) < cheek;
    eyes += left && right;
    CHECK(person.mouth_y == doctest::Approx(92.3).epsilon(0.04));
    CHECK(person.nose_y == doctest::Approx(71.7).epsilon(0.06));
    CHECK(person.eye_gap == doctest::Approx(17.6).epsilon(0.15));
  }
  CHECK(eyes > 30);  // pale eyes in dark faces may be brighter than the cheek
}

TEST_CASE("light comes from its side") {
  Shot shot = passport_photograph();
  shot.ambient = 0.4f;
  shot.diffuse = 0.7f;
  const Person person = draw_person(1, 0);
  for (const float side : {-1.0f, 1.0f}) {
    shot.light_x = 0.8f * side;
    shot.light_z = 0.6f;
    const Image face = paint_face(person, shot);
    CHECK(side * (brightness(face, 68, 70, 6) - brightness(face, 28, 70, 6)) > 10);
  }
}

TEST_CASE("numbers out of range are refused") {
  CHECK(holds(error_of([] { draw_face(1, -1, 0); }), "-1"));
  CHECK(holds(error_of([] { draw_face(1, 0, -1); }), "-1"));
  CHECK(holds(error_of([] { draw_face(1, 1 << 24, 0); }), "16777216"));
  CHECK(holds(error_of([] { draw_face(1, 0, 1 << 24); }), "16777216"));
  CHECK_FALSE(draw_face(1, (1 << 24) - 1, (1 << 24) - 2).pixels.empty());
}

TEST_CASE("a synthetic folder is what the dataset and the pairs expect") {
  const Scratch scratch;
  std::vector<int> told;
  synthesise(scratch / "faces", 4, 3, 9, [&](int done, int total) {
    CHECK(total == 12);
    told.push_back(done);
  });
  CHECK(told == std::vector<int>{3, 6, 9, 12});
  CHECK(std::filesystem::exists(scratch / "faces/id_0000/id_0000_0001.jpg"));
  CHECK(difference(read_image(scratch / "faces/id_0003/id_0003_0002.jpg"), draw_face(9, 3, 1)) < 5);
  const Dataset dataset = read_folder(scratch / "faces");
  CHECK(dataset.identities.size() == 4);
  CHECK(dataset.photographs.size() == 12);
  const PairList list = make_pairs(dataset, scratch / "faces", 2, 4, 1);
  write_pairs(scratch / "pairs.txt", list);
  CHECK(read_pairs(scratch / "pairs.txt", scratch / "faces").pairs.size() == 16);
}

TEST_CASE("a folder that holds something is not written into") {
  const Scratch scratch;
  scratch.file("full/mine.txt", "");
  const std::string full = scratch.file("a file", "").string();
  CHECK(holds(error_of([&] { synthesise(scratch / "full", 1, 1, 1); }), "full", "not an empty folder"));
  CHECK(holds(error_of([&] { synthesise(full, 1, 1, 1); }), "a file"));
  CHECK(holds(error_of([&] { synthesise(scratch / "a file/below", 1, 1, 1); }), "below"));
  CHECK(holds(error_of([&] { synthesise(scratch / "new", 0, 1, 1); }), "at least one"));
  CHECK_FALSE(std::filesystem::exists(scratch / "new"));
  std::filesystem::create_directory(scratch / "new");
  synthesise(scratch / "new", 1, 1, 1);
  CHECK(std::filesystem::exists(scratch / "new/id_0000/id_0000_0001.jpg"));
}

}  // namespace hypersphere::test
