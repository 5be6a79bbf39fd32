// The networks' shapes, names and initial weights.
#include "nn/sphereface.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/nn/support.h"

namespace hypersphere {

TEST_CASE("parameters and multiply-adds of the five networks are the published ones") {
  struct Row {
    int depth;
    std::int64_t parameters, multiply_adds;
    double published;  // G multiply-adds, three decimals
  };
  for (const Row& row : {Row{4, 12562496, 164290560, 0.164}, Row{10, 15217984, 758833152, 0.759},
                         Row{20, 22666944, 1749737472, 1.750}, Row{36, 32771392, 3335184384, 3.335},
                         Row{64, 48186816, 6109716480, 6.110}}) {
    CAPTURE(row.depth);
    const SphereFaceSize size = sphereface_size({.depth = row.depth});
    CHECK(size.parameters == row.parameters);
    CHECK(size.multiply_adds == row.multiply_adds);
    CHECK(std::round(static_cast<double>(size.multiply_adds) / 1e6) / 1e3 == doctest::Approx(row.published));
    SphereFace network({.depth = row.depth});
    CHECK(network.parameter_count() == row.parameters);  // what is built, not what is computed
    CHECK(network.multiply_adds() == row.multiply_adds);
  }
}

TEST_CASE("the size that is computed is the size that is built, for odd inputs too") {
  const SphereFaceOptions options = {
      .depth = 36, .widths = {3, 5, 7, 9}, .height = 37, .width = 50, .embedding = 11};
  SphereFace network(options);
  CHECK(network.parameter_count() == sphereface_size(options).parameters);
  const Variable out = network.forward(Variable(Tensor::zeros({2, 37, 50, 3})));
  CHECK(out.value().shape() == Shape{2, 11});
}

TEST_CASE("names, shapes and multipliers of the parameters") {
  SphereFace network({.depth = 20});
  std::map<std::string, const Parameter*> by_name;
  std::vector<std::string> names;
  for (const NamedParameter& named : network.parameters()) {
    CHECK(by_name.emplace(named.name, named.parameter).second);
    names.push_back(named.name);
  }
  const std::vector<std::string> first = {"stage1.conv.weight",        "stage1.conv.bias",
                                          "stage1.prelu.slope",        "stage1.unit0.conv1.weight",
                                          "stage1.unit0.prelu1.slope", "stage1.unit0.conv2.weight",
                                          "stage1.unit0.prelu2.slope", "stage2.conv.weight"};
  CHECK(std::equal(first.begin(), first.end(), names.begin()));
  CHECK(names.size() == 4 * 3 + 8 * 4 + 2);
  CHECK(names.back() == "fc5.bias");
  CHECK(by_name.contains("stage3.unit3.conv2.weight"));
  CHECK_FALSE(by_name.contains("stage3.unit4.conv1.weight"));
  CHECK_FALSE(by_name.contains("stage3.unit0.conv1.bias"));

  const auto shape = [&](const char* name) { return by_name.at(name)->variable.value().shape(); };
  CHECK(shape("stage1.conv.weight") == Shape{64, 3, 3, 3});
  CHECK(shape("stage4.conv.weight") == Shape{512, 3, 3, 256});
  CHECK(shape("stage2.unit1.prelu2.slope") == Shape{128});
  CHECK(shape("fc5.weight") == Shape{512, 21504});
  for (const auto& [name, parameter] : by_name) {
    const bool bias = name.ends_with(".bias");
    CHECK(parameter->rate_multiplier == (bias ? 2 : 1));
    CHECK(parameter->decay_multiplier == (bias ? 0 : 1));
  }
}

TEST_CASE("initial weights have the prescribed distributions") {
  SphereFace network({.depth = 20});
  network.initialise(test::test_seed());
  for (const NamedParameter& named : network.parameters()) {
    CAPTURE(named.name);
    const Tensor& tensor = named.parameter->variable.value();
    const auto values = tensor.span<float>();
    if (named.name.ends_with(".bias")) {
      CHECK(std::ranges::all_of(values, [](float v) { return v == 0; }));
      continue;
    }
    if (named.name.ends_with(".slope")) {
      CHECK(std::ranges::all_of(values, [](float v) { return v == 0.25f; }));
      continue;
    }
    const double count = static_cast<double>(values.size());
    const double fan_in = count / static_cast<double>(tensor.shape()[0]);
    double sum = 0, squares = 0, fourth = 0, largest = 0;
    for (const float v : values) {
      const double value = v;
      sum += value;
      squares += value * value;
      fourth += value * value * value * value;
      largest = std::max(largest, std::abs(value));
    }
    const bool residual = named.name.find("unit") != std::string::npos;
    const double sigma = residual ? 0.01 : 1 / std::sqrt(fan_in);
    const double bound = std::sqrt(3 / fan_in);
    // Six standard deviations of each estimate; the standard deviation of a squared uniform (normal) is
    // 0.894 (1.414) of its mean.
    CHECK(std::abs(sum / count) < 6 * sigma / std::sqrt(count));
    CHECK(std::abs(squares / count / (sigma * sigma) - 1) <
          6 * (residual ? 1.414 : 0.894) / std::sqrt(count));
    const double kurtosis = fourth * count / (squares * squares);  // normal 3, uniform 1.8
    CHECK(kurtosis == doctest::Approx(residual ? 3 : 1.8).epsilon(0.1));
    if (!residual) CHECK(largest <= bound * (1 + 1e-6));
    if (!residual) CHECK(largest > bound * 0.98);
  }
}

TEST_CASE("the same seed gives the same weights, another seed others, no two parameters the same") {
  SphereFace one(test::small_network()), two(test::small_network());
  one.initialise(7);
  two.initialise(7);
  CHECK(test::same_parameters(one, two));
  two.initialise(8);
  CHECK_FALSE(test::same_parameters(one, two));

  const auto all = one.parameters();
  Head head({}, 16, 4);
  head.initialise(7);
  std::vector<float> firsts = {head.parameters()[0].parameter->variable.value().span<float>()[0] * 4.0f};
  for (const NamedParameter& named : all)
    if (named.name.ends_with("weight")) firsts.push_back(named.parameter->variable.value().span<float>()[0]);
  std::ranges::sort(firsts);
  CHECK(std::ranges::adjacent_find(firsts) == firsts.end());
}

TEST_CASE("a residual unit adds its input to what it computes") {
  ResidualUnit unit(4);
  const Variable x(test::random_tensor({1, 3, 3, 4}));
  // All weights are zero: nothing is added, and nothing follows the sum.
  CHECK(test::same_bits(unit.forward(x).value(), x.value()));
}

TEST_CASE("options and images that do not fit are refused") {
  CHECK_THROWS_WITH_AS(SphereFace({.depth = 18}), doctest::Contains("found 18"), Error);
  CHECK_THROWS_AS(SphereFace({.height = 15}), Error);
  CHECK_THROWS_AS(SphereFace({.width = 5000}), Error);
  CHECK_THROWS_AS(SphereFace({.widths = {64, 0, 64, 64}}), Error);
  CHECK_THROWS_AS(SphereFace({.embedding = 0}), Error);
  CHECK_NOTHROW(SphereFace({.depth = 4, .widths = {1, 1, 1, 1}, .height = 16, .width = 16, .embedding = 1}));
  const SphereFace network(test::small_network());
  CHECK_THROWS_WITH_AS((void)network.forward(Variable(Tensor::zeros({2, 24, 32, 3}))),
                       doctest::Contains("expected images of [N, 32, 24, 3]"), Error);
  CHECK_THROWS_AS((void)network.forward(Variable(Tensor::zeros({24, 32, 3}))), Error);
}

TEST_CASE("module: names that are taken or unfit are refused") {
  struct Broken : Module {
    explicit Broken(std::string name) {
      add_parameter("weight", {1});
      add_parameter(std::move(name), {1});
    }
  };
  CHECK_THROWS_AS(Broken("weight"), Error);
  CHECK_THROWS_AS(Broken("a.b"), Error);
  CHECK_THROWS_AS(Broken(""), Error);
  CHECK_NOTHROW(Broken("bias"));
}

}  // namespace hypersphere
