#include "apps/data/crop.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
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

TEST_CASE("a margin shows what surrounds the box, and repeats the image's edges where it ends") {
  const Image image = gradient(40, 30);
  const auto pixel = [](const Image& of, int x, int y) {
    const std::uint8_t* first = of.pixels.data() + static_cast<std::size_t>(y * of.width + x) * 3;
    return std::array{first[0], first[1], first[2]};
  };
  // Cut out: exactly the image's pixels. Around the third box, the image ends on every side.
  for (const CropBox box : {CropBox{10, 10, 20, 20}, {2, 21, 12, 26}, {0, 0, 40, 30}}) {
    CAPTURE(box.left);
    const int width = box.right - box.left, height = box.bottom - box.top;
    const Image part = crop_and_resize(image, box, width, height, {5, 7});
    REQUIRE(part.width == width + 10);
    REQUIRE(part.height == height + 14);
    for (int y = 0; y < part.height; ++y)
      for (int x = 0; x < part.width; ++x)
        REQUIRE(pixel(part, x, y) ==
                pixel(image, std::clamp(box.left + x - 5, 0, 39), std::clamp(box.top + y - 7, 0, 29)));
  }
}

TEST_CASE("a resized box is the same with a margin but for its edges, and the scale goes on in the margin") {
  const Image image = gradient(256, 256);
  const CropBox box{71, 53, 179, 179};  // 108 x 126 become 96 x 112
  const Image alone = crop_and_resize(image, box), part = crop_and_resize(image, box, 96, 112, {20, 60});
  REQUIRE(part.width == 136);
  REQUIRE(part.height == 232);
  for (int y = 4; y < 108; ++y)
    for (int i = 12; i < 276; ++i)
      REQUIRE(std::abs(part.pixels[static_cast<std::size_t>((y + 60) * 408 + 60 + i)] -
                       alone.pixels[static_cast<std::size_t>(y * 288 + i)]) <= 1);
  // The middle of column x of the picture lies at 71 + 1.125 (x + 0.5) - 0.5 of the image, whose red is its column. Above
  // the box, 53 lines are 47.1 of the picture's: 47 are there, the next 13 repeat the uppermost.
  for (int x = 0; x < 136; ++x) {
    const double column = 71 + 1.125 * (x - 20 + 0.5) - 0.5;
    CHECK(std::abs(part.pixels[static_cast<std::size_t>(100 * 136 + x) * 3] - column * 255 / 256) < 1.5);
  }
  for (int y = 0; y < 13; ++y)
    CHECK(std::equal(part.pixels.begin() + y * 408, part.pixels.begin() + (y + 1) * 408,
                     part.pixels.begin() + 13 * 408));
  CHECK(std::abs(part.pixels[(13 + 40) * 408 + 1] - 45) <= 1);  // green is the line
  CHECK(holds(error_of([&] { crop_and_resize(image, box, 96, 112, {-1, 0}); }), "margin"));
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

}  // namespace hypersphere::test
