#include "apps/report/base64.h"

#include <doctest/doctest.h>

namespace hypersphere {
namespace {

TEST_CASE("base64: the examples of RFC 4648, section 10, and bytes of every kind") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string_view("\x00\xff\xfe\xfb\xef", 5)) == "AP/+++8=");
}

}  // namespace
}  // namespace hypersphere
