#include "nn/checksum.h"

#include <doctest/doctest.h>

using namespace hypersphere;

TEST_CASE("checksum: the specification's values, in pieces as in one") {
  CHECK(Checksum().digits() == "2d06800538d394c2");  // of nothing, seed 0
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>(i * 37 % 251);
  Checksum whole, parts;
  whole.add(text);
  for (std::size_t at = 0; at < text.size(); at += 17) parts.add(std::string_view(text).substr(at, 17));
  CHECK(whole.digits() == parts.digits());
  CHECK(whole.digits().size() == 16);
  text[1234] = static_cast<char>(text[1234] ^ 1);
  Checksum other;
  other.add(text);
  CHECK(other.digits() != whole.digits());
}
