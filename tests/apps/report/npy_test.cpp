#include "apps/report/npy.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "tensor/error.h"
#include "tests/apps/report/temporary_folder.h"

namespace hypersphere {
namespace {

TEST_CASE("write_npy: the bytes of version 1.0") {
  const test::TemporaryFolder folder;
  const std::vector<float> values{1, -2.5f, 3e-8f, 4, 5, 6};
  write_npy(folder / "f.npy", values, 2, 3);
  const std::string bytes = test::read_bytes(folder / "f.npy");
  REQUIRE(bytes.size() == 128 + 24);
  CHECK(bytes.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  CHECK(bytes[8] == 118);  // little-endian length of what follows up to the values
  CHECK(bytes[9] == 0);
  CHECK(bytes.substr(10, 60) == "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ");
  CHECK(bytes.substr(70, 57) == std::string(57, ' '));
  CHECK(bytes[127] == '\n');
  std::vector<float> read(6);
  std::memcpy(read.data(), bytes.data() + 128, 24);
  CHECK(read == values);
  CHECK(folder.entries() == 1);
}

TEST_CASE("write_npy: values begin at a multiple of 64, whatever the shape's length") {
  const test::TemporaryFolder folder;
  for (const std::int64_t rows : {0, 7, 1234, 100000}) {
    write_npy(folder / "f.npy", std::vector<float>(static_cast<std::size_t>(rows)), rows, 1);
    const std::string bytes = test::read_bytes(folder / "f.npy");
    CHECK((bytes.size() - 4 * static_cast<std::size_t>(rows)) % 64 == 0);
    CHECK(bytes.find(fmt::format("({}, 1)", rows)) != std::string::npos);
  }
}

TEST_CASE("write_npy: a wrong number of values is refused before anything is written") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(write_npy(folder / "f.npy", std::vector<float>(5), 2, 3), doctest::Contains("2 x 3"),
                       Error);
  CHECK_THROWS_AS(write_npy(folder / "f.npy", std::vector<float>(6), -2, -3), Error);
  CHECK(folder.entries() == 0);
}

}  // namespace
}  // namespace hypersphere
