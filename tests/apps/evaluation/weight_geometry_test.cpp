#include "apps/evaluation/weight_geometry.h"

#include <cmath>

#include "apps/evaluation/geometry_json.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

using doctest::Approx;

TEST_CASE("measure_weights: in the plane, worked by hand") {
  // Weights at 0, 90 and 180 degrees, of any length; photographs at 0, 14, 45 - and one at 100 that is nobody's.
  const Tensor weight = Tensor::from(std::vector<float>{3, 0, 0, 0.1f, -7, 0}, {3, 2});
  const auto at = [](double degrees) { return degrees * 3.14159265358979 / 180; };
  std::vector<float> values;
  for (const double degrees : {0.0, 100.0, 14.0, 60.0}) {
    values.push_back(static_cast<float>(2 * std::cos(at(degrees))));
    values.push_back(static_cast<float>(2 * std::sin(at(degrees))));
  }
  const std::vector<std::int32_t> classes = {0, -1, 0, 0};
  const WeightGeometry found = measure_weights(Tensor::from(values, {4, 2}), classes, weight, 4);
  CHECK(found.photographs == 3);
  CHECK(found.own.count == 3);
  CHECK(found.own.mean == Approx((0 + 14 + 60) / 3.0).epsilon(1e-5));
  CHECK(found.other.mean == Approx((90 + 76 + 30) / 3.0).epsilon(1e-5));
  CHECK(found.between.count == 3);
  CHECK(found.between.mean == Approx((90 + 180 + 90) / 3.0).epsilon(1e-5));
  CHECK(found.smallest_between.degrees == Approx(90).epsilon(1e-5));
  CHECK(found.smallest_between.first == 0);
  CHECK(found.smallest_between.second == 1);
  CHECK(found.correct == 2);        // 60 is nearer to 90
  CHECK(found.within_margin == 2);  // 4 x 14 < 76
  CHECK(measure_weights(Tensor::from(values, {4, 2}), classes, weight, 6).within_margin == 1);

  const nlohmann::json json = to_json(found, {"a", "b", "c"});
  CHECK(json["smallest_between"]["pair"] == nlohmann::json{"a", "b"});
  CHECK(json["own"]["count"] == 3);
}

TEST_CASE("measure_weights: random weights, against count over all classes in double precision") {
  const std::int64_t photographs = 50, classes = 9, size = 5;
  const Tensor embeddings = test::random_tensor({photographs, size}),
               weight = test::random_tensor({classes, size});
  const Tensor drawn = test::random_labels(photographs, classes);
  const std::vector<std::int32_t> labels(drawn.span<std::int32_t>().begin(),
                                         drawn.span<std::int32_t>().end());
  const std::vector<double> x = test::to_double(embeddings), w = test::to_double(weight);
  const auto cosine = [&](std::int64_t i, std::int64_t k) {
    double xw = 0, ww = 0;
    for (std::int64_t d = 0; d < size; ++d) {
      xw += x[static_cast<std::size_t>(i * size + d)] * w[static_cast<std::size_t>(k * size + d)];
      ww += w[static_cast<std::size_t>(k * size + d)] * w[static_cast<std::size_t>(k * size + d)];
    }
    return xw / std::sqrt(ww);
  };
  std::int64_t correct = 0;
  for (std::int64_t i = 0; i < photographs; ++i) {
    bool largest = true;
    const std::int32_t own = labels[static_cast<std::size_t>(i)];
    for (std::int32_t k = 0; k < classes; ++k) largest &= k == own || cosine(i, k) < cosine(i, own);
    correct += largest;
  }
  const WeightGeometry found = measure_weights(embeddings, labels, weight, 1);
  CHECK(found.correct == correct);
  CHECK(found.within_margin == correct);
}

TEST_CASE("measure_weights: nobody known, one class, and what does not fit") {
  const Tensor weight = Tensor::full({1, 2}, 1), embeddings = Tensor::full({2, 2}, 3);
  const WeightGeometry nobody = measure_weights(embeddings, std::vector<std::int32_t>{-1, -1}, weight, 4);
  CHECK(nobody.photographs == 0);
  CHECK(nobody.own.count == 0);
  const WeightGeometry one = measure_weights(embeddings, std::vector<std::int32_t>{0, -1}, weight, 4);
  CHECK(one.own.mean == 0);
  CHECK(one.other.count == 0);
  CHECK(one.between.count == 0);
  CHECK(one.smallest_between.first == -1);
  CHECK_THROWS_WITH_AS(measure_weights(embeddings, std::vector<std::int32_t>{0, 1}, weight, 4),
                       doctest::Contains("photograph 1 is of class 1"), Error);
  CHECK_THROWS_AS(measure_weights(embeddings, std::vector<std::int32_t>{0}, weight, 4), Error);
}

}  // namespace
}  // namespace hypersphere
