#include "apps/evaluation/pair_angles.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/cpu/parallel.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

// All strips as one matrix; checks that they come in order and cover every row.
std::vector<float> all_angles(const Tensor& a, const Tensor& b) {
  std::vector<float> all;
  for_each_angle_strip(a, b, [&](std::int64_t first, const Tensor& degrees) {
    CHECK(degrees.shape()[1] == b.shape()[0]);
    CHECK(first * b.shape()[0] == std::ssize(all));
    all.insert(all.end(), degrees.span<float>().begin(), degrees.span<float>().end());
  });
  CHECK(std::ssize(all) == a.shape()[0] * b.shape()[0]);
  return all;
}

// acos in long double, which is exact enough down to 1e-7 degrees.
double oracle(std::span<const float> a, std::span<const float> b) {
  long double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<long double>(a[i]) * b[i];
    aa += static_cast<long double>(a[i]) * a[i];
    bb += static_cast<long double>(b[i]) * b[i];
  }
  if (aa == 0 || bb == 0) return 90;
  const long double cosine = ab / (std::sqrt(aa) * std::sqrt(bb));
  return static_cast<double>(std::acos(std::clamp(cosine, -1.0L, 1.0L)) * 180 /
                             std::numbers::pi_v<long double>);
}

double largest_error(const Tensor& a, const Tensor& b) {
  const std::vector<float> angles = all_angles(a, b);
  double worst = 0;
  for (std::int64_t i = 0; i < a.shape()[0]; ++i)
    for (std::int64_t j = 0; j < b.shape()[0]; ++j) {
      const Tensor x = a.slice(i, 1), y = b.slice(j, 1);
      const double error = std::abs(angles[static_cast<std::size_t>(i * b.shape()[0] + j)] -
                                    oracle(x.span<float>(), y.span<float>()));
      if (!(error <= worst)) worst = error;
    }
  return worst;
}

TEST_CASE("for_each_angle_strip: hand-worked directions of every length") {
  const Tensor a = Tensor::from(std::vector<float>{1, 0, 0, 3, -1e-3f, 0, 2e20f, 2e20f, 0, 0}, {5, 2});
  const std::vector<float> expected = {0,   90, 180, 45, 90,  90, 0,  90, 45, 90, 180, 90, 0,
                                       135, 90, 45,  45, 135, 0,  90, 90, 90, 90, 90,  90};
  const std::vector<float> found = all_angles(a, a);
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    CHECK(found[i] == doctest::Approx(expected[i]).epsilon(1e-6));
}

TEST_CASE("for_each_angle_strip: within 0.001 degrees of a wider oracle, at every angle") {
  SUBCASE("random directions") {
    CHECK(largest_error(test::random_tensor({37, 64}), test::random_tensor({23, 64})) < 1e-3);
  }
  SUBCASE("all sizes of the angle between 1,024 positive numbers, where sums round most") {
    // Rows are one direction turned a little, more from row to row: 1e-4 to about 90 degrees, and opposed.
    const std::int64_t rows = 60, size = 1024;
    const Tensor base = test::random_tensor({1, size}), noise = test::random_tensor({rows, size});
    Tensor a = Tensor::empty({rows, size}), b = Tensor::empty({2, size});
    for (std::int64_t j = 0; j < size; ++j) {
      const float from = std::abs(base.data<float>()[j]) + 0.1f;
      b.data<float>()[j] = from;
      b.data<float>()[size + j] = -from;
      for (std::int64_t i = 0; i < rows; ++i)
        a.data<float>()[i * size + j] =
            from + static_cast<float>(std::pow(10, -6 + 0.15 * static_cast<double>(i))) *
                       noise.data<float>()[i * size + j];
    }
    const double error = largest_error(a, b);
    MESSAGE("largest error: ", error, " degrees");
    CHECK(error < 1e-3);
  }
}

TEST_CASE("for_each_angle_strip: equal rows stand at exactly 0, opposed ones at 180") {
  const Tensor a = test::random_tensor({9, 512});
  Tensor opposed = a.clone();
  for (float& value : opposed.span<float>()) value *= -2;
  const std::vector<float> same = all_angles(a, a), other = all_angles(a, opposed);
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(same[10 * i] == 0);
    CHECK(other[10 * i] == doctest::Approx(180).epsilon(1e-7));
  }
}

TEST_CASE("for_each_angle_strip: more rows than a strip holds, and any number of threads") {
  const Tensor a = test::random_tensor({1100, 3}), b = test::random_tensor({7, 3});
  const int threads = cpu::thread_count();
  const std::vector<float> angles = all_angles(a, b);
  CHECK(largest_error(a, b) < 1e-3);
  cpu::set_thread_count(threads == 1 ? 3 : 1);
  CHECK(all_angles(a, b) == angles);
  cpu::set_thread_count(threads);
}

TEST_CASE("for_each_angle_strip: refuses what has no angles") {
  const auto nothing = [](std::int64_t, const Tensor&) {};
  Tensor a = Tensor::full({3, 2}, 1);
  a.data<float>()[5] = INFINITY;
  CHECK_THROWS_WITH_AS(for_each_angle_strip(Tensor::full({1, 2}, 1), a, nothing),
                       doctest::Contains("row 2 of b holds inf"), Error);
  CHECK_THROWS_WITH_AS(for_each_angle_strip(Tensor::full({1, 2}, 1), Tensor::full({1, 3}, 1), nothing),
                       doctest::Contains("2 numbers, rows of b 3"), Error);
  CHECK_THROWS_AS(for_each_angle_strip(Tensor::full({4}, 1), a, nothing), Error);
  CHECK_THROWS_AS(for_each_angle_strip(Tensor(), a, nothing), Error);
}

TEST_CASE("angle_between: known angles, small ones too") {
  using Vector = std::vector<double>;
  CHECK(angle_between(Vector{1, 0}, Vector{0, 2}) == doctest::Approx(90));
  CHECK(angle_between(Vector{3, 0}, Vector{-1e-100, 0}) == doctest::Approx(180));
  CHECK(angle_between(Vector{1, 1, 0}, Vector{5, 0, 0}) == doctest::Approx(45));
  CHECK(angle_between(Vector{1, 0}, Vector{1, 1e-9}) == doctest::Approx(1e-9 * 180 / std::numbers::pi));
  CHECK(angle_between(Vector{0, 0}, Vector{1, 0}) == 90);
  CHECK_THROWS_AS(angle_between(Vector{1}, Vector{1, 2}), Error);
}

}  // namespace
}  // namespace hypersphere
