// Heads and the annealing of lambda.
#include "nn/head.h"

#include <cmath>

#include "autograd/gradient_check.h"
#include "kernels/cuda/graph.h"
#include "tensor/allocator.h"
#include "tensor/cuda_memory.h"
#include "tests/nn/support.h"

namespace hypersphere {
namespace {

Tensor& weight_of(Head& head) { return head.parameters()[0].parameter->variable.value(); }

std::int32_t number(const Tensor& correct) { return correct.span<std::int32_t>()[0]; }

double row_length(const Tensor& w, std::int64_t row) {
  double sum = 0;
  const Tensor one = w.slice(row, 1);
  for (const float value : one.span<float>()) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

// Two features along the axes of three unit classes.
struct Axes {
  Head head;
  Tensor x = Tensor::from(std::vector<float>{2, 0, 0, 3}, {2, 2});
  explicit Axes(HeadOptions options) : head(options, 2, 3) {
    weight_of(head).copy_from(Tensor::from(std::vector<float>{1, 0, 0, 1, -1, 0}, {3, 2}));
  }
};

}  // namespace

TEST_CASE("lambda falls from its base and rests at its minimum from iteration 1659 on") {
  const LambdaSchedule lambda;
  CHECK(lambda.at(0) == 1000);
  CHECK(lambda.at(1) == doctest::Approx(1000 / 1.12));
  CHECK(lambda.at(1658) > 5);
  CHECK(lambda.at(1659) == 5);
  CHECK(lambda.at(1000000) == 5);
  CHECK(LambdaSchedule{.base = 8, .gamma = 1, .power = 2, .minimum = 0}.at(3) == doctest::Approx(0.5));
}

TEST_CASE("words of the options") {
  for (const HeadKind kind : {HeadKind::softmax, HeadKind::modified_softmax, HeadKind::a_softmax})
    CHECK(parse_head(to_string(kind)) == kind);
  for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface})
    CHECK(parse_margin_gradient(to_string(gradient)) == gradient);
  CHECK_THROWS_WITH_AS(parse_head("arcface"), doctest::Contains("'arcface'"), Error);
  CHECK_THROWS_AS(parse_margin_gradient(""), Error);
}

TEST_CASE("the heads' parameters") {
  Head plain({.kind = HeadKind::softmax}, 5, 7), angular({}, 5, 7);
  CHECK(plain.parameter_count() == 5 * 7 + 7);
  CHECK(angular.parameter_count() == 5 * 7);
  CHECK(plain.parameters()[1].name == "bias");
  CHECK(plain.parameters()[1].parameter->rate_multiplier == 2);
  CHECK(plain.parameters()[1].parameter->decay_multiplier == 0);
  CHECK_THROWS_AS(Head({.margin = 5}, 5, 7), Error);
  CHECK_THROWS_AS(Head({.margin = 0}, 5, 7), Error);
  CHECK_THROWS_AS(Head({}, 5, 0), Error);
  CHECK_THROWS_WITH_AS(Head({.feature_scale = -1}, 5, 7), doctest::Contains("feature_scale"), Error);
  CHECK_THROWS_AS(Head({.feature_scale = INFINITY}, 5, 7), Error);
  CHECK_NOTHROW(Head({.kind = HeadKind::softmax, .margin = 9}, 5, 7));  // it has no margin
}

TEST_CASE("losses by hand") {
  const auto entropy = [](double target, double other, double third) {
    return std::log(1 + std::exp(other - target) + std::exp(third - target));
  };
  // Row 0 lies on its class: psi = 1. Row 1 is labelled with a class at a right angle.
  const Tensor labels = Tensor::from(std::vector<std::int32_t>{0, 0}, {2});
  const NoGradient guard;
  {
    Axes one({.kind = HeadKind::modified_softmax});
    const auto [loss, correct] = one.head.forward(Variable(one.x), labels, 0);
    CHECK(loss.value().span<float>()[0] == doctest::Approx((entropy(2, 0, -2) + entropy(0, 3, 0)) / 2));
    CHECK(number(correct) == 1);
  }
  {
    // m = 4 at a right angle: k = 2 (or 1), cos(4 theta) = 1, psi = 1 - 4 = -3.
    Axes one({.margin = 4});
    const double target = (5 * 0 + 3 * -3.0) / 6;
    const auto [loss, correct] = one.head.forward(Variable(one.x), labels, 5);
    CHECK(loss.value().span<float>()[0] == doctest::Approx((entropy(2, 0, -2) + entropy(target, 3, 0)) / 2));
    CHECK(number(correct) == 1);
  }
  {
    Axes one({.kind = HeadKind::softmax});
    one.head.parameters()[1].parameter->variable.value().span<float>()[0] = 10;
    const auto [loss, correct] = one.head.forward(Variable(one.x), labels, 0);
    CHECK(loss.value().span<float>()[0] == doctest::Approx((entropy(12, 0, -2) + entropy(10, 3, 0)) / 2));
    CHECK(number(correct) == 2);
  }
  for (const float longer : {1.0f, 7.0f}) {  // of the features' directions alone
    Axes one({.kind = HeadKind::modified_softmax, .feature_scale = 5});
    for (float& value : one.x.span<float>()) value *= longer;
    const auto [loss, correct] = one.head.forward(Variable(one.x), labels, 0);
    CHECK(loss.value().span<float>()[0] == doctest::Approx((entropy(5, 0, -5) + entropy(0, 5, 0)) / 2));
    CHECK(number(correct) == 1);
  }
}

TEST_CASE("correct answers are counted without the margin") {
  // A feature at 40 degrees from its class and 50 from another: right by the cosine, wrong by the logit.
  Head head({.margin = 4}, 2, 2);
  weight_of(head).copy_from(Tensor::from(std::vector<float>{1, 0, 0, 1}, {2, 2}));
  const double angle = 40 * 3.14159265358979 / 180;
  const Tensor x = Tensor::from(
      std::vector<float>{static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))}, {1, 2});
  const auto result = head.forward(Variable(x), Tensor::zeros({1}, DType::i32), 0);
  CHECK(number(result.correct) == 1);
  CHECK(result.loss.value().span<float>()[0] > std::log(2.0));
}

TEST_CASE("the authors' variant keeps the class weights at length 1, training only") {
  Head head({.gradient = MarginGradient::sphereface}, 8, 5);
  head.initialise(3);
  const Tensor before = weight_of(head).clone();
  const Variable x(test::random_tensor({4, 8}));
  const Tensor labels = test::random_labels(4, 5);
  float measured = 0;
  {
    const NoGradient guard;
    measured = head.forward(x, labels, 5).loss.value().span<float>()[0];
    CHECK(test::same_bits(weight_of(head), before));
  }
  Variable loss = head.forward(x, labels, 5).loss;
  CHECK(loss.value().span<float>()[0] == measured);
  for (std::int64_t row = 0; row < 5; ++row) CHECK(row_length(weight_of(head), row) == doctest::Approx(1));
  loss.backward();
  CHECK(head.parameters()[0].parameter->variable.gradient().defined());

  Head exact({}, 8, 5);
  weight_of(exact).copy_from(before);
  CHECK(exact.forward(x, labels, 5).loss.value().span<float>()[0] == doctest::Approx(measured));
  CHECK(test::same_bits(weight_of(exact), before));
}

TEST_CASE("each head's loss has the gradient that central differences give") {
  const test::OneThread guard;
  const Tensor labels = test::random_labels(5, 4);
  for (const HeadOptions& options :
       {HeadOptions{.kind = HeadKind::softmax}, HeadOptions{.kind = HeadKind::modified_softmax},
        HeadOptions{}, HeadOptions{.feature_scale = 4}}) {
    Head head(options, 6, 4);
    head.initialise(test::test_seed());
    const auto result =
        check_gradients([&](std::span<const Variable> v) { return head.forward(v[0], labels, 5).loss; },
                        {test::random_tensor({5, 6}, 3)}, {.tolerance = 1e-2});
    CAPTURE(to_string(options.kind));
    CAPTURE(options.feature_scale);
    CHECK_MESSAGE(result.passed, result.message);
  }
}

TEST_CASE(
    "on cuda, a step of every head is the cpu's, and nothing of it waits: it can be recorded as a graph") {
  if (!cuda::unavailable().empty()) return;
  const Tensor x = test::random_tensor({5, 6}, 3), labels = test::random_labels(5, 4);
  for (const HeadOptions& options :
       {HeadOptions{.kind = HeadKind::softmax}, HeadOptions{.kind = HeadKind::modified_softmax},
        HeadOptions{}, HeadOptions{.gradient = MarginGradient::sphereface},
        HeadOptions{.feature_scale = 8}}) {
    CAPTURE(to_string(options.kind));
    CAPTURE(to_string(options.gradient));
    Head head(options, 6, 4), other(options, 6, 4);
    head.initialise(7);
    other.initialise(7);
    other.to(Device::cuda);

    struct Report {
      Tensor loss, correct, square;
    };
    const auto step = [](Head& one, const Variable& embeddings, const Tensor& classes) {
      Head::Result result = one.forward(embeddings, classes, 5);
      Report report{result.loss.value(), result.correct, Tensor::empty({}, DType::f32, classes.device())};
      result.loss.backward();
      squared_gradient_norm(one.parameters(), report.square);
      sgd_step(one.parameters(), 0.1f, {}, report.square);
      return report;
    };
    Report expected = step(head, Variable(x), labels), found;
    const Variable on_device(x.to(Device::cuda));
    const Tensor on_labels = labels.to(Device::cuda);
    cuda::Graph graph;
    graph.capture([&] { found = step(other, on_device, on_labels); });
    graph.replay();
    CHECK(test::relative_error(test::to_double(found.loss), test::to_double(expected.loss)) < 1e-5);
    CHECK(test::relative_error(test::to_double(found.square), test::to_double(expected.square)) < 1e-5);
    CHECK(number(found.correct.to(Device::cpu)) == number(expected.correct));
    CHECK(test::relative_error(test::to_double(weight_of(other)), test::to_double(weight_of(head))) < 1e-6);
  }
}

TEST_CASE("labels and embeddings that do not fit are refused") {
  for (const HeadKind kind : {HeadKind::softmax, HeadKind::a_softmax}) {
    Head head({.kind = kind}, 6, 4);
    head.initialise(1);
    const Variable x(test::random_tensor({2, 6}));
    const auto labels = [](std::int32_t second) {
      return Tensor::from(std::vector<std::int32_t>{0, second}, {2});
    };
    CHECK_NOTHROW((void)head.forward(x, labels(3), 5));
    CHECK_THROWS_AS((void)head.forward(x, labels(4), 5), Error);
    CHECK_THROWS_AS((void)head.forward(x, labels(-1), 5), Error);
    CHECK_THROWS_AS((void)head.forward(Variable(test::random_tensor({2, 5})), labels(0), 5), Error);
  }
}

TEST_CASE("many classes come in parts: less memory than their logits, and the loss that a few rows have") {
  constexpr std::int64_t rows = 40, classes = 500'000, size = 4;  // 76 MiB of logits
  const Tensor x = test::random_tensor({rows, size}), labels = test::random_labels(rows, classes);
  for (const HeadKind kind : {HeadKind::softmax, HeadKind::modified_softmax, HeadKind::a_softmax}) {
    CAPTURE(to_string(kind));
    Head head({.kind = kind}, size, classes);
    head.initialise(1);
    reset_peak(Device::cpu);
    const std::int64_t before = allocator_stats(Device::cpu).bytes_in_use;
    Head::Result all = head.forward(Variable(x), labels, 5);
    all.loss.backward();
    CHECK(allocator_stats(Device::cpu).peak_bytes - before < rows * classes * 4);
    double sum = 0;  // of rows a few at a time, whose logits are held
    std::int32_t correct = 0;
    {
      const NoGradient guard;
      for (std::int64_t first = 0; first < rows; first += 10) {
        const Head::Result some = head.forward(Variable(x.slice(first, 10)), labels.slice(first, 10), 5);
        sum += 10 * static_cast<double>(some.loss.value().span<float>()[0]);
        correct += number(some.correct);
      }
    }
    CHECK(all.loss.value().span<float>()[0] == doctest::Approx(sum / rows).epsilon(1e-5));
    CHECK(number(all.correct) == correct);
    CHECK(head.parameters()[0].parameter->variable.gradient().shape() == Shape({classes, size}));
  }
}

}  // namespace hypersphere
