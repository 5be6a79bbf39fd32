#include "apps/data/image_io.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "scratch.h"
#include "tensor/error.h"

namespace hypersphere::test {

TEST_CASE("a PNG comes back as it was") {
  const Scratch scratch;
  const Image image = gradient(31, 17);
  const Image back = read_image(scratch.png("a.png", image));
  CHECK(back.width == 31);
  CHECK(back.height == 17);
  CHECK(back.pixels == image.pixels);
}

TEST_CASE("a JPEG comes back nearly as it was, and quality matters") {
  const Scratch scratch;
  const Image image = gradient(64, 48);
  auto worst = [&](int quality) {
    write_jpeg(scratch / "a.jpg", image, quality);
    const Image back = read_image(scratch / "a.jpg");
    REQUIRE(back.width == 64);
    REQUIRE(back.height == 48);
    int difference = 0;
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      difference = std::max(difference, std::abs(image.pixels[i] - back.pixels[i]));
    return difference;
  };
  const int fine = worst(98);
  const auto large = std::filesystem::file_size(scratch / "a.jpg");
  const int coarse = worst(10);
  CHECK(fine <= 6);
  CHECK(coarse > fine);
  CHECK(std::filesystem::file_size(scratch / "a.jpg") < large);

  CHECK(read_image(scratch.file("b.jpg", encode_jpeg(image, 10))).pixels ==
        read_image(scratch / "a.jpg").pixels);
  CHECK_THROWS_AS(encode_jpeg(image, 0), Error);
  CHECK_THROWS_AS(encode_jpeg({.width = 64, .height = 47, .pixels = image.pixels}, 10), Error);
}

TEST_CASE("grey pictures and ones with transparency become RGB") {
  const Scratch scratch;
  const Image grey = read_image(scratch.file("a.pgm", std::string("P5\n2 1\n255\n") + char(10) + char(90)));
  CHECK(grey.width == 2);
  CHECK(grey.height == 1);
  CHECK(grey.pixels == std::vector<std::uint8_t>{10, 10, 10, 90, 90, 90});

  // Uncompressed TGA, one pixel of 32 bits, stored as blue, green, red, alpha.
  const std::string tga("\0\0\2\0\0\0\0\0\0\0\0\0\1\0\1\0\40\10\3\2\1\200", 22);
  CHECK(read_image(scratch.file("a.tga", tga)).pixels == std::vector<std::uint8_t>{1, 2, 3});
}

TEST_CASE("what cannot be read names the file and the reason") {
  const Scratch scratch;
  CHECK(holds(error_of([&] { read_image(scratch / "none.jpg"); }), "none.jpg", "No such file"));
  CHECK(holds(error_of([&] { read_image(scratch.file("text.png", "no picture at all")); }), "text.png",
              "not of any known type"));
  CHECK(holds(error_of([&] { read_image(scratch.file("empty.jpg", "")); }), "empty.jpg"));
  CHECK(holds(error_of([&] { read_image(scratch.path()); }), scratch.path().string()));

  const std::string png = bytes_of(scratch.png("whole.png", gradient(64, 64)));
  CHECK(holds(error_of([&] { read_image(scratch.file("cut.png", png.substr(0, png.size() / 2))); }),
              "cut.png"));
  write_jpeg(scratch / "whole.jpg", gradient(64, 64), 90);
  const std::string jpeg = bytes_of(scratch / "whole.jpg");
  for (const std::size_t left : {jpeg.size() - 2, jpeg.size() * 3 / 4, std::size_t{200}})
    CHECK(holds(error_of([&] { read_image(scratch.file("cut.jpg", jpeg.substr(0, left))); }), "cut.jpg"));
}

TEST_CASE("bytes after the end of a JPEG do no harm") {
  const Scratch scratch;
  write_jpeg(scratch / "a.jpg", gradient(16, 16), 90);
  CHECK(read_image(scratch.file("b.jpg", bytes_of(scratch / "a.jpg") + "trailer")).width == 16);
}

TEST_CASE("a header that promises too many pixels is refused before decoding") {
  const Scratch scratch;
  CHECK(holds(error_of([&] { read_image(scratch.file("huge.pgm", "P5\n16000 16000\n255\n")); }), "huge.pgm",
              "16000 x 16000"));
}

TEST_CASE("a picture that unpacks to more than its pixels need is refused, and takes no such memory") {
  const Scratch scratch;
  // 6 MB of black within some 40 kB, which then say that they are one pixel: the decoder unpacks first and looks at the size after.
  std::string png = encode_png({.width = 2048, .height = 1024, .pixels = std::vector<std::uint8_t>(6 << 20)});
  CHECK(decode_image(png, "black.png").pixels.size() == 6 << 20);
  for (const std::size_t extent : {16, 20}) {
    png.replace(extent, 4, std::string("\0\0\0\1", 4));
    CHECK(holds(error_of([&] { decode_image(png, "bomb.png"); }), "bomb.png", "unpacks to more"));
  }
  // As before for the next one.
  CHECK(decode_image(encode_png(gradient(31, 17)), "a.png").pixels == gradient(31, 17).pixels);
}

TEST_CASE("sides count in blocks of 32 pixels, as a JPEG may need them") {
  const auto header = [](int width, int height) { return fmt::format("P5\n{} {}\n255\n", width, height); };
  CHECK(holds(error_of([&] { decode_image(header(4'000'000, 1), "row.pgm"); }), "row.pgm", "4000000 x 1"));
  CHECK(holds(error_of([&] { decode_image(header(1, 4'000'000), "column.pgm"); }), "1 x 4000000"));
  CHECK(decode_image(header(65'535, 1) + std::string(65'535, 'x'), "long.pgm").width == 65'535);
}

TEST_CASE("image names are known by their extension in any case") {
  for (const char* name :
       {"a.jpg", "b.JPEG", "c.Png", "d.bmp", "e.tga", "f.ppm", "g.pgm", "h.pnm", "i.gif", "j.psd"})
    CHECK(looks_like_image(name));
  for (const char* name : {"a.txt", "jpg", ".jpg", "a.jpg.part", "a", "a.jpgx"})
    CHECK_FALSE(looks_like_image(name));
}

TEST_CASE("a failed write leaves nothing behind, and a good one only its file") {
  const Scratch scratch;
  CHECK(holds(error_of([&] { write_png(scratch / "no/such/a.png", gradient(4, 4)); }), "no/such/a.png"));
  CHECK(holds(error_of([&] { write_png(scratch / "a.png", Image{4, 4, {1, 2, 3}}); }), "a.png", "4 x 4"));
  CHECK(holds(error_of([&] { write_jpeg(scratch / "a.jpg", gradient(4, 4), 0); }), "quality"));
  std::filesystem::create_directory(scratch / "taken.png");
  scratch.file("taken.png/inside", "");
  CHECK(holds(error_of([&] { write_png(scratch / "taken.png", gradient(4, 4)); }), "taken.png"));
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
  write_png(scratch / "b.png", gradient(4, 4));
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 2);
}

}  // namespace hypersphere::test
