// From files to pictures.
#include "apps/data/framing.h"

#include <doctest/doctest.h>

#include "apps/data/zip_file.h"
#include "scratch.h"

namespace hypersphere::test {
namespace {

Framing by_landmarks(const std::filesystem::path& file) {
  return Framing(std::make_shared<const LandmarksFile>(LandmarksFile::read(file)));
}

std::string line_of(const std::string& name, const Landmarks& landmarks) {
  std::string line = name;
  for (const Point& p : landmarks) line += fmt::format(",{},{}", p.x, p.y);
  return line + "\n";
}

Landmarks moved_template(double dx, double dy) {
  Landmarks landmarks = face_template();
  for (Point& p : landmarks) p.x += dx, p.y += dy;
  return landmarks;
}

}  // namespace

TEST_CASE("framing by a box: read, cut and resize, and every error names the file") {
  const Scratch scratch;
  const auto path = scratch.png("a.png", gradient(50, 40));
  CHECK(read_framed(path, CropBox{0, 0, 20, 20}, 20, 20).width == 20);
  CHECK(holds(error_of([&] { read_framed(path, CropBox{0, 0, 60, 40}); }), "a.png", "0,0,60,40"));
  CHECK(read_photograph(path).width == 50);
}

TEST_CASE("framing by landmarks: the face comes to the template, its surroundings into the margin") {
  const Scratch scratch;
  const Image photograph = gradient(250, 250);
  const auto path = scratch.png("faces/ann/1.png", photograph);
  scratch.png("faces/ann/2.png", photograph);
  const Framing framing = by_landmarks(scratch.file("l.csv", line_of("ann/1.png", moved_template(70, 60))));
  const Image expected = crop_and_resize(photograph, CropBox{70, 60, 166, 172});
  CHECK(read_framed(path, framing).pixels == expected.pixels);
  const Image wide = read_framed(path, framing, 96, 112, {3, 5});
  CHECK(wide.width == 102);
  CHECK(wide.height == 122);
  CHECK(wide.pixels == crop_and_resize(photograph, CropBox{67, 55, 169, 177}, 102, 122).pixels);
  CHECK(
      holds(error_of([&] { read_framed(scratch / "faces/ann/2.png", framing); }), "ann/2.png: no landmarks"));
  CHECK(framing.has_surroundings());
  CHECK(to_string(framing) == "landmarks");
  CHECK(to_string(Framing(CropBox{1, 2, 3, 4})) == "1,2,3,4");
  CHECK(to_string(Framing()).empty());
  CHECK(!Framing().has_surroundings());
}

TEST_CASE("framing by landmarks: what is aligned already is not aligned again unless asked for") {
  const Scratch scratch;
  const Image image = gradient(96, 112);
  write_zip(
      scratch / "faces.zip", {"ann/1.png"}, [&](std::size_t) { return encode_png(image); }, true);
  Framing framing = by_landmarks(scratch.file("l.csv", line_of("ann/1.png", moved_template(10, 0))));
  const auto path = scratch / "faces.zip" / "ann/1.png";
  CHECK(holds(error_of([&] { read_framed(path, framing); }), "ann/1.png: aligned already"));
  framing.align_again = true;
  CHECK(read_framed(path, framing).pixels == warp(image, {1, 0, -10, 0}, 96, 112).pixels);
}

}  // namespace hypersphere::test
