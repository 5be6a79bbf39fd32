#include "apps/data/crop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "scratch.h"

namespace hypersphere::test {

TEST_CASE("a crop box is four numbers") {
  CHECK(parse_crop("71,53,179,179") == CropBox{71, 53, 179, 179});
  for (const char* text : {"", "1,2,3", "1,2,3,4,5", "1,2,3,x", "1,2,3,4 ", "5,2,5,4", "1,6,3,4", "-1,2,3,4",
                           "1;2;3;4", "99999999999,2,3,4"})
    CHECK(holds(error_of([&] { parse_crop(text); }), "left,top,right,bottom", text));
}

TEST_CASE("an image of the right size is untouched") {
  const Image image = gradient(96, 112);
  CHECK(crop_and_resize(image, std::nullopt).pixels == image.pixels);
}

TEST_CASE("a box of the right size is cut out exactly") {
  const Image image = gradient(40, 30);
  const Image part = crop_and_resize(image, CropBox{7, 5, 27, 15}, 20, 10);
  REQUIRE(part.width == 20);
  REQUIRE(part.height == 10);
  for (int y = 0; y < 10; ++y)
    for (int i = 0; i < 60; ++i)
      REQUIRE(part.pixels[static_cast<std::size_t>(y * 60 + i)] ==
              image.pixels[static_cast<std::size_t>((y + 5) * 120 + 21 + i)]);
}

TEST_CASE("resizing keeps flat colours and takes nothing from outside the box") {
  Image image = plain(60, 60, 255, 0, 9);  // a frame round a flat middle
  for (int y = 20; y < 40; ++y)
    for (int x = 10; x < 50; ++x)
      for (std::size_t c = 0; c < 3; ++c) image.pixels[static_cast<std::size_t>(y * 60 + x) * 3 + c] = 100;
  for (const auto& [width, height] : {std::pair{96, 112}, {7, 5}}) {
    const Image part = crop_and_resize(image, CropBox{10, 20, 50, 40}, width, height);
    CHECK(part.width == width);
    CHECK(part.height == height);
    CHECK(std::ranges::all_of(part.pixels, [](int v) { return v == 100; }));
  }
}

TEST_CASE("reducing averages: a fine checkerboard becomes grey, a ramp stays a ramp") {
  Image board{200, 200, {}};
  for (int i = 0; i < 200 * 200; ++i)
    board.pixels.insert(board.pixels.end(), 3, static_cast<std::uint8_t>((i + i / 200) % 2 * 255));
  for (const int value : crop_and_resize(board, std::nullopt, 50, 50).pixels)
    REQUIRE(std::abs(value - 127) < 12);

  const Image ramp = crop_and_resize(gradient(256, 64), std::nullopt, 64, 16);
  for (int x = 4; x < 60; ++x)  // the middle of target pixel x lies at source 4 x + 1.5
    REQUIRE(std::abs(ramp.pixels[static_cast<std::size_t>(8 * 64 + x) * 3] - (4 * x + 1)) <= 2);
}

TEST_CASE("a box outside of the image is an error that names both") {
  const Image image = gradient(50, 40);
  for (const CropBox box :
       {CropBox{0, 0, 51, 40}, {0, 0, 50, 41}, {-1, 0, 50, 40}, {0, -1, 50, 40}, {9, 9, 9, 20}})
    CHECK(holds(error_of([&] { crop_and_resize(image, box); }), "50 x 40",
                fmt::format("{},{},{},{}", box.left, box.top, box.right, box.bottom)));
  CHECK(holds(error_of([&] { crop_and_resize(image, std::nullopt, 0, 5); }), "0 x 5"));
  CHECK(holds(error_of([&] { crop_and_resize(Image{2, 2, {1}}, std::nullopt); }), "2 x 2"));
}

TEST_CASE("reading and cropping in one step names the file in every error") {
  const Scratch scratch;
  const auto path = scratch.png("a.png", gradient(50, 40));
  CHECK(read_cropped(path, CropBox{0, 0, 20, 20}, 20, 20).width == 20);
  CHECK(holds(error_of([&] { read_cropped(path, CropBox{0, 0, 60, 40}); }), "a.png", "0,0,60,40"));
}

}  // namespace hypersphere::test
