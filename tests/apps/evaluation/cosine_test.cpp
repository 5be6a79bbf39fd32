#include "apps/evaluation/cosine.h"

#include <doctest/doctest.h>

#include <vector>

#include "tensor/error.h"

using namespace hypersphere;

TEST_CASE("cosine: by hand") {
  const std::vector<float> x = {3, 4}, y = {4, 3}, opposed = {-6, -8}, across = {-4, 3}, zero = {0, 0};
  CHECK(cosine(x, y) == doctest::Approx(0.96));
  CHECK(cosine(x, x) == 1);
  CHECK(cosine(x, opposed) == -1);
  CHECK(cosine(x, across) == doctest::Approx(0));
  CHECK(cosine(x, zero) == 0);
  CHECK_THROWS_AS(cosine(x, std::vector<float>{1}), Error);
}

TEST_CASE("degrees of a cosine: by hand, and beyond its ends") {
  CHECK(degrees_of_cosine(1) == 0);
  CHECK(degrees_of_cosine(0.5) == doctest::Approx(60));
  CHECK(degrees_of_cosine(0) == doctest::Approx(90));
  CHECK(degrees_of_cosine(-1) == doctest::Approx(180));
  CHECK(degrees_of_cosine(1.0000001) == 0);
  CHECK(degrees_of_cosine(-1.0000001) == doctest::Approx(180));
}
