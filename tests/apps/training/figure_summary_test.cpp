#include "apps/training/figure_summary.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/apps/data/scratch.h"
#include "tests/support.h"

using namespace hypersphere;

namespace {

// Two identities whose photographs trained on lie at 0 and at 90 degrees; one photograph of either is held out, of
// which the second is nearer to the other identity.
FigureResult small_result() {
  FigureResult result;
  result.photographs.identities = {"one", "two"};
  result.photographs.photographs = {{"one/1.jpg", 0}, {"one/2.jpg", 0}, {"two/1.jpg", 1}, {"two/2.jpg", 1}};
  result.photographs.held_out = {false, true, false, true};
  result.dimension = 2;
  result.width = 16;
  result.batch = 32;
  result.iterations = 7;
  result.seed = 3;
  const float r = std::sqrt(0.5f);
  result.heads.push_back({.head = {.kind = HeadKind::a_softmax, .margin = 2},
                          .features = Tensor::from<float>({5, 0, r, r, 0, 0.1f, 2, 0}, {4, 2}),
                          .weight = Tensor::from<float>({0.1f, 0, 0, 30}, {2, 2}),
                          .bias = {},
                          .loss = 0.25});
  result.heads.push_back({.head = {.kind = HeadKind::softmax, .margin = 1},
                          .features = Tensor::from<float>({5, 0, r, r, 0, 0.1f, 2, 0}, {4, 2}),
                          .weight = Tensor::from<float>({1, 0, 1, 1}, {2, 2}),
                          .bias = Tensor::from<float>({0, -0.5f}, {2}),
                          .loss = 0.5});
  return result;
}

}  // namespace

TEST_CASE("figure summary: accuracy and angles of those trained on and those held out") {
  const FigureResult result = small_result();
  const FigureSummary margin = summarise(result, result.heads[0]);
  CHECK(margin.trained.accuracy == 1);
  CHECK(margin.trained.within == doctest::Approx(0));
  CHECK(margin.trained.between == doctest::Approx(90));
  // At 45 and at 0 degrees: of cosines with weights at 0 and 90 degrees, whatever their lengths, the first is a
  // tie, which goes to the first identity, and the second is wrong.
  CHECK(margin.held_out.accuracy == 0.5);
  CHECK(margin.held_out.within == doctest::Approx((45 + 90) / 2.0));
  CHECK(margin.held_out.between == doctest::Approx((45 + 0) / 2.0));
  CHECK(margin.weight_angle == doctest::Approx(90));
  CHECK(margin.angles.within.size() == 4);
  CHECK(margin.angles.within[3] == doctest::Approx(90));

  // The softmax decides by w.x + b: (5, 4.5), (0.71, 0.91), (0, -0.4), (2, 1.5).
  const FigureSummary plain = summarise(result, result.heads[1]);
  CHECK(plain.trained.accuracy == 0.5);
  CHECK(plain.held_out.accuracy == 0);
  CHECK(plain.weight_angle == doctest::Approx(45));
}

TEST_CASE("figure summary: without photographs held out their numbers are missing") {
  FigureResult result = small_result();
  result.photographs.held_out.assign(4, false);
  const FigureSummary summary = summarise(result, result.heads[0]);
  CHECK(summary.trained.accuracy == 0.75);
  CHECK(std::isnan(summary.held_out.accuracy));
  CHECK(figure_json(result)["heads"][0]["held_out"]["within"].is_null());
  CHECK(test::holds(figure_table(result), "a-softmax:2           75.0 %", "  -        -         -  "));
}

TEST_CASE("figure summary: a table with a line a head") {
  CHECK(test::holds(figure_table(small_result()), "a-softmax:2          100.0 %",
                    "softmax               50.0 %", "67.5"));
}

TEST_CASE("figure summary: as JSON and back, bit for bit") {
  FigureResult result = small_result();
  result.heads[0].features = test::random_tensor({4, 2});
  const nlohmann::json json = nlohmann::json::parse(figure_json(result).dump());
  CHECK(json["heads"][1]["head"] == "softmax");
  CHECK(json["heads"][1]["trained"]["accuracy"] == 0.5);
  CHECK(json["photographs"][3]["path"] == "two/2.jpg");
  const FigureResult again = figure_from_json(json);
  CHECK(again.photographs.identities == result.photographs.identities);
  CHECK(again.photographs.held_out == result.photographs.held_out);
  CHECK(again.photographs.photographs[2].path == "two/1.jpg");
  CHECK(again.photographs.photographs[2].label == 1);
  REQUIRE(again.heads.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(test::same_bits(again.heads[i].features, result.heads[i].features));
    CHECK(test::same_bits(again.heads[i].weight, result.heads[i].weight));
  }
  CHECK(!again.heads[0].bias.defined());
  CHECK(test::same_bits(again.heads[1].bias, result.heads[1].bias));
  CHECK(figure_json(again) == json);
}

TEST_CASE("figure summary: JSON that is not a figure's") {
  const auto message = [](const nlohmann::json& json) {
    return test::error_of([&] { figure_from_json(json); });
  };
  CHECK(test::holds(message({{"a", 1}}), "not what this program wrote", "dimension"));
  nlohmann::json json = figure_json(small_result());
  json["heads"][0]["features"].erase(0);
  CHECK(!message(json).empty());
  json = figure_json(small_result());
  json["heads"][0]["features"][0][0] = "x";
  CHECK(test::holds(message(json), "not what this program wrote"));
  json = figure_json(small_result());
  json["photographs"][0]["identity"] = 9;
  const FigureResult wrong = figure_from_json(json);
  CHECK(test::holds(test::error_of([&] { summarise(wrong, wrong.heads[0]); }), "label 9"));
}
