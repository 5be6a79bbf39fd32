#include "apps/evaluation/geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "apps/evaluation/geometry_json.h"
#include "kernels/cpu/parallel.h"
#include "tests/apps/evaluation/plane.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

using doctest::Approx;
using test::plane;
using Labels = std::vector<std::int32_t>;

void check_pair(const PhotographPair& pair, double degrees, std::int64_t first, std::int64_t second) {
  CHECK(pair.degrees == Approx(degrees).epsilon(1e-5));
  CHECK(pair.first == first);
  CHECK(pair.second == second);
}

TEST_CASE("measure_geometry: three identities in the plane, worked by hand") {
  // Identity 0 at 0, 10, 40; identity 1 at 100, 120; identity 2, of one photograph, at 50.
  const Labels labels = {0, 1, 0, 2, 1, 0};
  const Geometry geometry = measure_geometry(plane({0, 100, 10, 50, 120, 40}), labels, 3);
  CHECK(geometry.within.count == 4);
  CHECK(geometry.within.mean == Approx((10 + 40 + 30 + 20) / 4.0).epsilon(1e-5));
  CHECK(geometry.within.min == Approx(10).epsilon(1e-5));
  CHECK(geometry.within.max == Approx(40).epsilon(1e-5));
  // 0-1: 100 120 90 110 60 80, 0-2: 50 40 10, 1-2: 50 70
  CHECK(geometry.between.count == 11);
  CHECK(geometry.between.mean == Approx(780 / 11.0).epsilon(1e-5));
  CHECK(geometry.between.min == Approx(10).epsilon(1e-5));
  CHECK(geometry.between.max == Approx(120).epsilon(1e-5));

  REQUIRE(geometry.identities.size() == 3);
  const IdentityGeometry &zero = geometry.identities[0], &one = geometry.identities[1],
                         &two = geometry.identities[2];
  CHECK(zero.photographs == 3);
  CHECK(zero.within.mean == Approx(80 / 3.0).epsilon(1e-5));
  check_pair(zero.largest_within, 40, 0, 5);
  check_pair(zero.smallest_between, 10, 5, 3);
  CHECK(zero.comparable());
  CHECK_FALSE(zero.separated());
  check_pair(one.largest_within, 20, 1, 4);
  check_pair(one.smallest_between, 50, 1, 3);
  CHECK(one.separated());
  CHECK(two.largest_within.first == -1);
  check_pair(two.smallest_between, 10, 3, 5);
  CHECK_FALSE(two.comparable());
  CHECK_FALSE(two.separated());
  CHECK(geometry.comparable() == 2);
  CHECK(geometry.separated() == 1);
  CHECK_FALSE(geometry.holds());

  // The photograph at 40: the mean of 0 and 10 is at 5, 35 away; the identity at 50 is 10 away.
  const PhotographGeometry& last = geometry.photographs[5];
  CHECK(last.identity == 0);
  CHECK(last.own == Approx(35).epsilon(1e-5));
  CHECK(last.other == Approx(10).epsilon(1e-5));
  CHECK(last.nearest == 2);
  CHECK(last.outlier());
  // The one at 100: the other one of its identity is 20 away, the identity at 50 is 50 away.
  CHECK(geometry.photographs[1].own == Approx(20).epsilon(1e-5));
  CHECK(geometry.photographs[1].nearest == 2);
  CHECK_FALSE(geometry.photographs[1].outlier());
  CHECK(std::isnan(geometry.photographs[3].own));
  CHECK_FALSE(geometry.photographs[3].outlier());
  CHECK(geometry.outliers() == 1);
}

TEST_CASE("measure_geometry: the criterion holds where every identity keeps to itself") {
  const Geometry geometry = measure_geometry(plane({0, 9, 20, 29, 40, 49}), Labels{0, 0, 1, 1, 2, 2}, 3);
  CHECK(geometry.holds());
  CHECK(geometry.separated() == 3);
  CHECK(geometry.shared() == 0);
  CHECK(geometry.outliers() == 0);
  // Each keeps to itself but not to the paper's measure: 12 within the first, 10 between the others.
  const Geometry mixed = measure_geometry(plane({0, 12, 60, 61, 71, 72}), Labels{0, 0, 1, 1, 2, 2}, 3);
  CHECK(mixed.separated() == 3);
  CHECK_FALSE(mixed.holds());
}

// Everything from the definition, in double, pair by pair.
struct Oracle {
  double within_mean = 0, between_mean = 0, within_squares = 0, between_squares = 0;
  std::int64_t within = 0, between = 0;
  std::vector<double> largest, smallest, own, other;

  Oracle(const Tensor& features, const Labels& labels, std::int32_t identities)
      : largest(static_cast<std::size_t>(identities), -1),
        smallest(static_cast<std::size_t>(identities), 999) {
    const std::vector<double> values = test::to_double(features);
    const std::size_t n = labels.size(), size = values.size() / n;
    std::vector<std::vector<double>> unit;
    for (std::size_t i = 0; i < n; ++i) {
      unit.emplace_back(&values[i * size], &values[i * size] + size);
      const double length = std::sqrt(product(unit[i], unit[i]));
      for (double& value : unit[i]) value /= length;
    }
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) {
        const double angle = degrees(unit[i], unit[j]);
        const auto a = static_cast<std::size_t>(labels[i]), b = static_cast<std::size_t>(labels[j]);
        if (a == b) {
          ++within;
          within_mean += angle;
          within_squares += angle * angle;
          largest[a] = std::max(largest[a], angle);
        } else {
          ++between;
          between_mean += angle;
          between_squares += angle * angle;
          smallest[a] = std::min(smallest[a], angle);
          smallest[b] = std::min(smallest[b], angle);
        }
      }
    within_mean /= static_cast<double>(within);
    between_mean /= static_cast<double>(between);
    for (std::size_t i = 0; i < n; ++i) {
      double nearest = 999, mine = 999;
      for (std::int32_t k = 0; k < identities; ++k) {
        std::vector<double> mean(size);
        for (std::size_t j = 0; j < n; ++j)
          for (std::size_t d = 0; d < size && labels[j] == k && j != i; ++d) mean[d] += unit[j][d];
        (labels[i] == k ? mine : nearest) =
            labels[i] == k ? degrees(unit[i], mean) : std::min(nearest, degrees(unit[i], mean));
      }
      own.push_back(mine);
      other.push_back(nearest);
    }
  }

  static double product(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t d = 0; d < a.size(); ++d) sum += a[d] * b[d];
    return sum;
  }
  static double degrees(const std::vector<double>& a, const std::vector<double>& b) {
    return std::acos(product(a, b) / std::sqrt(product(a, a) * product(b, b))) * 180 / std::numbers::pi;
  }
};

TEST_CASE("measure_geometry: random features, against the definition in double precision") {
  const std::int64_t photographs = 90, size = 33;
  const std::int32_t identities = 11;
  const Tensor features = test::random_tensor({photographs, size});
  Labels labels(static_cast<std::size_t>(photographs));
  const Tensor drawn = test::random_labels(photographs, identities);
  for (std::size_t i = 0; i < labels.size(); ++i)  // two photographs of each at least
    labels[i] = i < 22 ? static_cast<std::int32_t>(i % 11) : drawn.data<std::int32_t>()[i];
  const Oracle oracle(features, labels, identities);
  const Geometry geometry = measure_geometry(features, labels, identities);
  CHECK(geometry.within.count == oracle.within);
  CHECK(geometry.between.count == oracle.between);
  CHECK(geometry.within.mean == Approx(oracle.within_mean).epsilon(1e-6));
  CHECK(geometry.between.mean == Approx(oracle.between_mean).epsilon(1e-6));
  const auto variance = [](double squares, std::int64_t count, double mean) {
    return squares / static_cast<double>(count) - mean * mean;
  };
  const double within = variance(oracle.within_squares, oracle.within, oracle.within_mean),
               between = variance(oracle.between_squares, oracle.between, oracle.between_mean);
  CHECK(geometry.within.deviation() == Approx(std::sqrt(within)).epsilon(1e-5));
  CHECK(geometry.fisher() ==
        Approx(std::pow(oracle.within_mean - oracle.between_mean, 2) / (within + between)).epsilon(1e-3));
  std::int64_t separated = 0;
  for (std::size_t k = 0; k < oracle.largest.size(); ++k) {
    CHECK(geometry.identities[k].largest_within.degrees == Approx(oracle.largest[k]).epsilon(1e-5));
    CHECK(geometry.identities[k].smallest_between.degrees == Approx(oracle.smallest[k]).epsilon(1e-5));
    separated += oracle.largest[k] < oracle.smallest[k];
  }
  CHECK(geometry.separated() == separated);
  CHECK(geometry.between.min == Approx(*std::ranges::min_element(oracle.smallest)).epsilon(1e-5));
  for (std::size_t i = 0; i < labels.size(); ++i) {
    CHECK(geometry.photographs[i].own == Approx(oracle.own[i]).epsilon(1e-5));
    CHECK(geometry.photographs[i].other == Approx(oracle.other[i]).epsilon(1e-5));
  }
}

TEST_CASE("measure_geometry: turning and stretching the features changes nothing") {
  const Tensor features = test::random_tensor({40, 6});
  Labels labels;
  for (std::int32_t i = 0; i < 40; ++i) labels.push_back(i % 7);
  Tensor turned = features.clone();
  for (std::int64_t i = 0; i < 40; ++i) {
    float* row = turned.data<float>() + 6 * i;
    const double turn = 1.1;  // of the planes (0, 3) and (1, 5), then a reflection and a length of its own
    for (const auto& [x, y] : {std::pair{0, 3}, {1, 5}}) {
      const double a = row[x], b = row[y];
      row[x] = static_cast<float>(std::cos(turn) * a - std::sin(turn) * b);
      row[y] = static_cast<float>(std::sin(turn) * a + std::cos(turn) * b);
    }
    row[2] = -row[2];
    for (int d = 0; d < 6; ++d) row[d] *= std::ldexp(1.0f, static_cast<int>(i) - 20);
  }
  const Geometry before = measure_geometry(features, labels, 7), after = measure_geometry(turned, labels, 7);
  CHECK(after.within.mean == Approx(before.within.mean).epsilon(1e-5));
  CHECK(after.between.deviation() == Approx(before.between.deviation()).epsilon(1e-4));
  CHECK(after.fisher() == Approx(before.fisher()).epsilon(1e-3));
  for (std::size_t k = 0; k < 7; ++k)
    check_pair(after.identities[k].largest_within, before.identities[k].largest_within.degrees,
               before.identities[k].largest_within.first, before.identities[k].largest_within.second);
  CHECK(after.outliers() == before.outliers());
}

TEST_CASE("measure_geometry: the same bits on any number of threads, and progress up to the end") {
  const Tensor features = test::random_tensor({600, 8});
  Labels labels;
  for (std::int32_t i = 0; i < 600; ++i) labels.push_back(i % 50);
  const int threads = cpu::thread_count();
  const Geometry one = measure_geometry(features, labels, 50);
  cpu::set_thread_count(threads == 1 ? 4 : 1);
  std::vector<std::int64_t> told;
  const Geometry other = measure_geometry(features, labels, 50, [&](std::int64_t done, std::int64_t total) {
    CHECK(total == 600);
    told.push_back(done);
  });
  cpu::set_thread_count(threads);
  CHECK(told == std::vector<std::int64_t>{512, 600});
  const GeometryNames names{std::vector<std::string>(600, "p"), std::vector<std::string>(50, "i")};
  CHECK(to_json(one, names) == to_json(other, names));
}

TEST_CASE("measure_geometry: one identity, one photograph each, one photograph, features of zero") {
  const Geometry one = measure_geometry(plane({0, 30, 90}), Labels{0, 0, 0}, 1);
  CHECK(one.within.count == 3);
  CHECK(one.between.count == 0);
  CHECK(std::isnan(one.fisher()));
  CHECK(one.comparable() == 0);
  CHECK_FALSE(one.holds());
  CHECK(one.outliers() == 0);
  CHECK(std::isnan(one.photographs[0].other));

  const Geometry each = measure_geometry(plane({0, 30, 90}), Labels{2, 1, 0}, 3);
  CHECK(each.within.count == 0);
  CHECK(each.between.count == 3);
  CHECK(each.comparable() == 0);
  CHECK_FALSE(each.holds());
  CHECK(std::isnan(each.photographs[0].own));
  CHECK(each.photographs[0].other == Approx(30).epsilon(1e-5));

  const Geometry single = measure_geometry(plane({0}), Labels{0}, 1);
  CHECK(single.within.count + single.between.count == 0);

  const Geometry zero = measure_geometry(Tensor::zeros({4, 3}), Labels{0, 0, 1, 1}, 2);
  CHECK(zero.within.mean == 90);
  CHECK(zero.between.mean == 90);
  CHECK(zero.within.deviation() == 0);
  CHECK(zero.separated() == 0);
  CHECK(zero.photographs[0].own == 90);
  CHECK(zero.outliers() == 0);

  // A label that nobody has is no neighbour.
  const Geometry gap = measure_geometry(plane({0, 170}), Labels{0, 2}, 3);
  CHECK(gap.photographs[0].nearest == 2);
  CHECK(gap.identities[1].photographs == 0);
}

TEST_CASE("measure_geometry: refuses what does not fit") {
  CHECK_THROWS_WITH_AS(measure_geometry(plane({0, 1}), Labels{0, 3}, 3),
                       doctest::Contains("photograph 1 has the label 3"), Error);
  CHECK_THROWS_AS(measure_geometry(plane({0, 1}), Labels{0, -1}, 3), Error);
  CHECK_THROWS_AS(measure_geometry(plane({0, 1}), Labels{0}, 3), Error);
  CHECK_THROWS_WITH_AS(measure_geometry(plane({}), Labels{}, 3), doctest::Contains("no photographs"), Error);
  Tensor features = plane({0, 1});
  features.data<float>()[3] = NAN;
  CHECK_THROWS_WITH_AS(measure_geometry(features, Labels{0, 1}, 2), doctest::Contains("row 1"), Error);
}

TEST_CASE("to_json: names, and null for what there is not") {
  const Geometry geometry = measure_geometry(plane({0, 100, 10, 50, 120, 40}), Labels{0, 1, 0, 2, 1, 0}, 3);
  const GeometryNames names{{"a0", "b0", "a1", "c0", "b1", "a2"}, {"a", "b", "c"}};
  const nlohmann::json json = to_json(geometry, names);
  CHECK(json["within"]["count"] == 4);
  CHECK(json["within"]["histogram"].size() == 180);
  CHECK(json["criterion"] == nlohmann::json{{"holds", false}, {"identities", 2}, {"separated", 1}});
  CHECK(json["identities"][0]["name"] == "a");
  CHECK(json["identities"][0]["largest_within"]["pair"] == nlohmann::json{"a0", "a2"});
  CHECK(json["identities"][0]["outliers"] == nlohmann::json{"a2"});
  CHECK(json["identities"][1]["outliers"].empty());
  CHECK(json["identities"][2]["largest_within"].is_null());
  CHECK(json["identities"][2]["separated"].is_null());
  CHECK(json["photographs"][3]["own"].is_null());
  CHECK(json["photographs"][5]["nearest"] == "c");
  CHECK(json["outliers"] == 1);
  CHECK(nlohmann::json::parse(json.dump()) == json);
  const nlohmann::json alone = to_json(measure_geometry(plane({0}), Labels{0}, 1), {{"p"}, {"i"}});
  CHECK(alone["fisher_ratio"].is_null());
  CHECK(alone["within"]["mean"].is_null());
  CHECK(alone["within"]["min"].is_null());
  CHECK_THROWS_AS(to_json(geometry, {{"a0"}, {"a", "b", "c"}}), Error);
}

}  // namespace
}  // namespace hypersphere
