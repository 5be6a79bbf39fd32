// Every differentiable function against central differences, and what it must not compute.
#include "autograd/functions.h"

#include "autograd/gradient_check.h"
#include "kernels/cpu/parallel.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

using test::random_labels;
using test::random_tensor;
using Inputs = std::span<const Variable>;

void check(const std::function<Variable(Inputs)>& function, const std::vector<Tensor>& inputs,
           GradientCheckOptions options = {}) {
  // Thousands of passes over tiny arrays: where other programs keep the machine busy, each meeting of two
  // threads can last a scheduler's time slice.
  const int threads = cpu::thread_count();
  cpu::set_thread_count(1);
  const GradientCheckResult result = check_gradients(function, inputs, options);
  cpu::set_thread_count(threads);
  CHECK_MESSAGE(result.passed, result.message);
}

// Moves values away from 0, where PReLU has its kink.
Tensor away_from_zero(Tensor x) {
  for (float& value : x.span<float>()) value += value < 0 ? -0.1f : 0.1f;
  return x;
}

}  // namespace

TEST_CASE("conv2d: gradients of x, w and bias") {
  struct Case {
    Shape x, w;
    Conv2dOptions options;
  };
  for (const Case& one : {Case{{2, 5, 6, 3}, {4, 3, 3, 3}, {.stride = 1, .pad = 1}},
                          Case{{1, 7, 6, 3}, {5, 3, 3, 3}, {.stride = 2, .pad = 1}},
                          Case{{2, 4, 4, 2}, {3, 1, 1, 2}, {.stride = 1, .pad = 0}},
                          Case{{1, 1, 1, 4}, {3, 3, 3, 4}, {.stride = 1, .pad = 1}}}) {
    CAPTURE(to_string(one.x));
    const Tensor x = random_tensor(one.x), w = random_tensor(one.w), bias = random_tensor({one.w[0]});
    check([&](Inputs v) { return conv2d(v[0], v[1], v[2], one.options); }, {x, w, bias});
    check([&](Inputs v) { return conv2d(v[0], v[1], Variable(), one.options); }, {x, w});
  }
}

TEST_CASE("conv2d: an image that requires no gradient, a frozen weight") {
  const Tensor x = random_tensor({1, 4, 4, 3}), w = random_tensor({2, 3, 3, 3});
  check([&](Inputs v) { return conv2d(Variable(x), v[0], Variable(), {.stride = 1, .pad = 1}); }, {w});
  check([&](Inputs v) { return conv2d(v[0], Variable(w), Variable(), {.stride = 1, .pad = 1}); }, {x});
}

TEST_CASE("prelu: gradients of x and slope") {
  check([](Inputs v) { return prelu(v[0], v[1]); },
        {away_from_zero(random_tensor({2, 3, 3, 5})), random_tensor({5})});
  check([](Inputs v) { return prelu(v[0], v[1]); },
        {away_from_zero(random_tensor({4, 1})), random_tensor({1})});
}

TEST_CASE("add: gradients, also where both terms are one value") {
  check([](Inputs v) { return add(v[0], v[1]); }, {random_tensor({2, 3, 4}), random_tensor({2, 3, 4})});
  check([](Inputs v) { return add(v[0], v[0]); }, {random_tensor({7})});
}

TEST_CASE("linear: gradients, with and without bias, of a flattened map") {
  const Tensor w = random_tensor({5, 12}), bias = random_tensor({5});
  check([](Inputs v) { return linear(v[0], v[1], v[2]); }, {random_tensor({3, 12}), w, bias});
  check([](Inputs v) { return linear(v[0], v[1], Variable()); }, {random_tensor({2, 2, 2, 3}), w});
  check([](Inputs v) { return linear(v[0], v[1], v[2]); },
        {random_tensor({1, 1}), random_tensor({1, 1}), random_tensor({1})});
}

TEST_CASE("linear: a row of another length is refused") {
  const Variable x(random_tensor({3, 11})), w(random_tensor({5, 12}));
  CHECK_THROWS_WITH_AS(linear(x, w, Variable()), doctest::Contains("12 values a row"), Error);
  CHECK_THROWS_AS(linear(x, Variable(random_tensor({11})), Variable()), Error);
}

TEST_CASE("a_softmax: the exact gradient, through both lengths, for every margin and lambda") {
  const Tensor labels = random_labels(6, 5);
  for (int margin = 1; margin <= 4; ++margin)
    for (const float lambda : {0.0f, 5.0f, 1000.0f}) {
      CAPTURE(margin);
      CAPTURE(lambda);
      // Long rows: the curvature falls with their length.
      check([&](Inputs v) { return a_softmax(v[0], v[1], labels, {.margin = margin, .lambda = lambda}); },
            {random_tensor({6, 8}, 3), random_tensor({5, 8}, 3)}, {.step = 0.01, .tolerance = 5e-3});
    }
}

TEST_CASE("a_softmax: the authors' gradient differs from the exact one by design") {
  const Tensor labels = random_labels(6, 5);
  const auto result = check_gradients(
      [&](Inputs v) {
        return a_softmax(v[0], v[1], labels,
                         {.margin = 4, .lambda = 0, .gradient = MarginGradient::sphereface});
      },
      {random_tensor({6, 8}), random_tensor({5, 8})});
  CHECK_FALSE(result.passed);
}

TEST_CASE("a_softmax hands out the logits before the margin") {
  const Tensor labels = random_labels(4, 3);
  const Variable x(random_tensor({4, 8})), w(random_tensor({3, 8}));
  Tensor cosine, cosine_of_one;
  const Variable with = a_softmax(x, w, labels, {.margin = 4, .lambda = 0}, &cosine);
  const Variable without = a_softmax(x, w, labels, {.margin = 1, .lambda = 0}, &cosine_of_one);
  CHECK(test::relative_error(cosine.span<float>(), without.value().span<float>()) < 1e-6);
  CHECK(test::relative_error(cosine.span<float>(), cosine_of_one.span<float>()) == 0);
  CHECK(test::relative_error(with.value().span<float>(), cosine.span<float>()) > 1e-3);
}

TEST_CASE("softmax_cross_entropy: gradient of the logits") {
  const Tensor labels = random_labels(5, 7);
  check([&](Inputs v) { return softmax_cross_entropy(v[0], labels); }, {random_tensor({5, 7})},
        {.step = 0.05, .tolerance = 5e-3});
}

TEST_CASE("functions together: a residual unit and a head") {
  const Tensor labels = random_labels(2, 3);
  check(
      [&](Inputs v) {
        const Variable inner = conv2d(v[0], v[1], Variable(), {.stride = 1, .pad = 1});
        const Variable out = linear(add(v[0], inner), v[2], Variable());
        return a_softmax(out, v[3], labels, {.margin = 2, .lambda = 1});
      },
      {random_tensor({2, 3, 3, 4}), random_tensor({4, 3, 3, 4}), random_tensor({6, 36}),
       random_tensor({3, 6}, 3)},
      {.step = 0.01, .tolerance = 5e-3});
}

}  // namespace hypersphere
