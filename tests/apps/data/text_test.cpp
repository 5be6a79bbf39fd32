#include "apps/data/text.h"

#include <doctest/doctest.h>

namespace hypersphere::test {

TEST_CASE("trim takes away what stands at the ends") {
  CHECK(trim(" \ta b\r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \v\f ").empty());
  CHECK(trim("").empty());
  CHECK(trim("\"a \"", "\"") == "a ");
}

}  // namespace hypersphere::test
