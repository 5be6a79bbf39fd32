#include "tensor/shape.h"

#include <limits>

#include "tensor/error.h"
#include "tests/support.h"

using namespace hypersphere;

TEST_CASE("shape: extents, size and text") {
  struct Case {
    Shape shape;
    int rank;
    std::int64_t size;
    std::string text;
  };
  for (const Case& c :
       {Case{{}, 0, 1, "[]"}, Case{{0}, 1, 0, "[0]"}, Case{{7}, 1, 7, "[7]"},
        Case{{3, 0, 5}, 3, 0, "[3, 0, 5]"}, Case{{32, 56, 48, 64}, 4, 5505024, "[32, 56, 48, 64]"}}) {
    INFO(c.text);
    CHECK(c.shape.rank() == c.rank);
    CHECK(c.shape.size() == c.size);
    CHECK(to_string(c.shape) == c.text);
  }
}

TEST_CASE("shape: axes count from either end") {
  const Shape shape = {2, 3, 5};
  CHECK(shape[0] == 2);
  CHECK(shape[2] == 5);
  CHECK(shape[-1] == 5);
  CHECK(shape[-3] == 2);
  CHECK_THROWS_WITH_AS(shape[3], doctest::Contains("shape [2, 3, 5]: no axis 3"), Error);
  CHECK_THROWS_WITH_AS(shape[-4], doctest::Contains("no axis -4"), Error);
  CHECK_THROWS_AS(Shape()[0], Error);
}

TEST_CASE("shape: equality looks at rank and extents") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK_FALSE(Shape{2, 3} == Shape{3, 2});
  CHECK_FALSE(Shape{6} == Shape{2, 3});
  CHECK_FALSE(Shape{} == Shape{1});
  const std::int64_t extents[] = {4, 9, 1};
  CHECK(Shape::of(extents, 2) == Shape{4, 9});
  CHECK(Shape::of(extents, 0) == Shape{});
}

TEST_CASE("shape: with_first replaces the batch") {
  CHECK(Shape{8, 3, 2}.with_first(5) == Shape{5, 3, 2});
  CHECK(Shape{8}.with_first(0) == Shape{0});
  CHECK_THROWS_AS(Shape().with_first(1), Error);
  CHECK_THROWS_AS(Shape({2, 2}).with_first(-1), Error);
}

TEST_CASE("shape: extents that cannot be are refused") {
  CHECK_THROWS_WITH_AS(Shape({1, 2, 3, 4, 5}), doctest::Contains("at most 4"), Error);
  CHECK_THROWS_WITH_AS(Shape({2, -1}), doctest::Contains("found -1 at axis 1"), Error);
  constexpr std::int64_t large = std::int64_t{1} << 31;
  CHECK(Shape({large, large}).size() == std::int64_t{1} << 62);
  CHECK_THROWS_WITH_AS(Shape({large, large, 2}), doctest::Contains("2^62"), Error);
  CHECK_THROWS_AS(Shape({std::numeric_limits<std::int64_t>::max()}), Error);
}
