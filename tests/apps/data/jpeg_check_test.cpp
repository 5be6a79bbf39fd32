#include "apps/data/jpeg_check.h"

#include <doctest/doctest.h>

#include "apps/data/image_io.h"
#include "tensor/error.h"

using namespace hypersphere;

namespace {

std::string jpeg() {
  Image image{.width = 24, .height = 16, .pixels = std::vector<std::uint8_t>(24 * 16 * 3)};
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * 7 % 256);
  return encode_jpeg(image, 90);
}

}  // namespace

TEST_CASE("jpeg check: whole files of any kind have no problem") {
  CHECK(jpeg_problem(jpeg()).empty());
  CHECK(jpeg_problem("").empty());
  CHECK(jpeg_problem("\x89PNG and so on").empty());
}

TEST_CASE("jpeg check: a file that ends early anywhere") {
  const std::string whole = jpeg();
  for (std::size_t length = 2; length < whole.size(); length += 7)
    CHECK(jpeg_problem(whole.substr(0, length)).find("cut short") != std::string::npos);
}

TEST_CASE(
    "jpeg check: a Huffman table with more codes than there are bytes to code is refused before it is "
    "decoded") {
  std::string bytes = jpeg();
  const std::size_t table = bytes.find("\xFF\xC4");
  REQUIRE(table != std::string::npos);
  for (std::size_t i = 0; i < 16; ++i)
    bytes[table + 5 + i] = '\xFF';  // behind marker, length and the table's number
  CHECK(jpeg_problem(bytes) == "a Huffman table of 4080 codes, 256 are the most");
  CHECK(jpeg_problem("\xFF\xFF\xFF" + bytes).find("4080") != std::string::npos);
  CHECK_THROWS_WITH_AS(decode_image(bytes, "hostile.jpg"),
                       doctest::Contains("hostile.jpg: a Huffman table of 4080"), Error);
}

TEST_CASE(
    "jpeg check: what looks like a table inside of another segment is none, behind any segment it is one") {
  const std::string whole = jpeg(),
                    table = "\xFF\xC4" + std::string("\x00\x13\x00", 3) + std::string(16, '\xFF');
  // An application's segment (APP1) of 4 + table bytes, right behind the start of the image.
  std::string hidden = whole, open = whole;
  const std::string length = {'\0', static_cast<char>(2 + table.size())};
  hidden.insert(2, "\xFF\xE1" + length + table);
  CHECK(jpeg_problem(hidden).empty());
  CHECK(decode_image(hidden, "x").width == 24);
  open.insert(2, "\xFF\xE1" + std::string("\0\x04", 2) + "ab" + "\xFF\xFF" +
                     table);  // filled up with FF, as B.1.1.2 allows
  CHECK(jpeg_problem(open).find("4080") != std::string::npos);
}
