#include "tensor/text.h"

#include <doctest/doctest.h>

namespace hypersphere::test {

TEST_CASE("trim takes away what stands at the ends") {
  CHECK(trim(" \ta b\r\n") == "a b");
  CHECK(trim("a") == "a");
  CHECK(trim(" \v\f ").empty());
  CHECK(trim("").empty());
  CHECK(trim("\"a \"", "\"") == "a ");
}

TEST_CASE("number_in takes whole words alone") {
  CHECK(number_in<int>("-12") == -12);
  CHECK(number_in<double>("2.5e-1") == 0.25);
  CHECK(number_in<std::uint64_t>("18446744073709551615") == 18446744073709551615u);
  for (const char* text : {"", " 1", "1 ", "1.5", "0x10", "+1", "one", "2147483648"})
    CHECK_FALSE(number_in<int>(text).has_value());
  CHECK_FALSE(number_in<double>("1e999").has_value());
  CHECK_FALSE(number_in<std::uint64_t>("-1").has_value());
}

}  // namespace hypersphere::test
