// Every differentiable function against central differences, and what it must not compute.
#include "autograd/functions.h"

#include "autograd/gradient_check.h"
#include "kernels/cpu/parallel.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"
#include "tensor/cuda_memory.h"
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

namespace {

constexpr Conv2dOptions padded{.stride = 1, .pad = 1};

// conv2d_prelu as what it is made of.
Variable in_steps(Inputs v) { return add(v[4], prelu(conv2d(v[0], v[1], v[2], padded), v[3])); }
Variable at_once(Inputs v) { return conv2d_prelu(v[0], v[1], v[2], v[3], v[4], padded); }

std::vector<Tensor> unit_inputs() {
  return {random_tensor({2, 5, 4, 8}), random_tensor({8, 3, 3, 8}), random_tensor({8}), random_tensor({8}),
          random_tensor({2, 5, 4, 8})};
}

}  // namespace

TEST_CASE("conv2d_prelu: gradients of all inputs, of those that are there and require one") {
  // Sums with a bias of 9 on average and a spread of about 1.5 do not come near PReLU's kink; half of them lie below.
  Tensor x = random_tensor({1, 4, 3, 2}), w = random_tensor({4, 3, 3, 2}), bias = random_tensor({4});
  for (std::size_t i = 0; i < 4; ++i) bias.span<float>()[i] += i % 2 == 0 ? 20.0f : -20.0f;
  const Tensor slope = random_tensor({4}), residual = random_tensor({1, 4, 3, 4});
  check(at_once, {x, w, bias, slope, residual});
  check([](Inputs v) { return conv2d_prelu(v[0], v[1], v[2], v[3], Variable(), padded); },
        {x, w, bias, slope});
  check(
      [&](Inputs v) {
        return conv2d_prelu(Variable(x), v[0], Variable(bias), v[1], Variable(residual), padded);
      },
      {w, slope});
  // A residual unit's own input is the residual too.
  const Tensor square = random_tensor({4, 3, 3, 4});
  check([&](Inputs v) { return conv2d_prelu(v[0], v[1], v[2], v[3], v[0], padded); },
        {residual, square, bias, slope});
}

TEST_CASE("conv2d_prelu: the same bits on the cpu as convolution, PReLU and sum one after the other") {
  const std::vector<Tensor> inputs = unit_inputs();
  const Tensor weight = random_tensor({3, 160}), labels = random_labels(2, 3);
  const auto run = [&](Variable (*function)(Inputs)) {
    std::vector<Variable> variables;
    for (const Tensor& input : inputs) variables.emplace_back(input, true);
    const Variable y = function(variables);
    softmax_cross_entropy(linear(y, Variable(weight), Variable()), labels).backward();
    std::vector<Tensor> results = {y.value()};
    for (const Variable& variable : variables) results.push_back(variable.gradient());
    return results;
  };
  const std::vector<Tensor> expected = run(in_steps), found = run(at_once);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(test::relative_error(found[i].span<float>(), expected[i].span<float>()) == 0);
  }
}

TEST_CASE("conv2d_prelu: without recording, it keeps nothing and computes the same") {
  std::vector<Variable> variables;
  for (const Tensor& input : unit_inputs()) variables.emplace_back(input, true);
  const Variable recorded = at_once(variables);
  const NoGradient guard;
  const Variable plain = at_once(variables);
  CHECK_FALSE(plain.requires_gradient());
  CHECK(test::relative_error(plain.value().span<float>(), recorded.value().span<float>()) == 0);
}

TEST_CASE("residual_unit: value and gradients of two conv2d_prelu, on every device") {
  std::vector<Device> devices = {Device::cpu};
  if (cuda::unavailable().empty()) devices.push_back(Device::cuda);
  for (const Device device : devices)
    for (const std::int64_t channels : {5, 16}) {  // direct and Winograd on the cpu
      CAPTURE(to_string(device));
      CAPTURE(channels);
      const Shape map{2, 6, 5, channels}, window{channels, 3, 3, channels};
      const std::vector<Tensor> inputs = {random_tensor(map), random_tensor(window),
                                          random_tensor({channels}), random_tensor(window),
                                          random_tensor({channels})};
      const Tensor weight = random_tensor({3, 30 * channels}).to(device),
                   labels = random_labels(2, 3).to(device);
      const auto run = [&](const std::function<Variable(Inputs)>& function) {
        std::vector<Variable> v;
        for (const Tensor& input : inputs) v.emplace_back(input.to(device), true);
        const Variable y = function(v);
        softmax_cross_entropy(linear(y, Variable(weight), Variable()), labels).backward();
        std::vector<Tensor> results = {y.value()};
        for (const Variable& variable : v) results.push_back(variable.gradient());
        return results;
      };
      const std::vector<Tensor> expected = run([](Inputs v) {
        return conv2d_prelu(conv2d_prelu(v[0], v[1], Variable(), v[2], Variable(), padded), v[3], Variable(),
                            v[4], v[0], padded);
      });
      const std::vector<Tensor> found =
          run([](Inputs v) { return residual_unit(v[0], v[1], v[2], v[3], v[4]); });
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        REQUIRE(found[i].defined());
        CHECK(test::relative_error(test::to_double(found[i]), test::to_double(expected[i])) < 1e-5);
      }
    }
}

TEST_CASE("residual_unit: what is frozen gets no gradient; without recording it computes the same") {
  const Shape map{1, 4, 4, 16}, window{16, 3, 3, 16};
  const Variable x(random_tensor(map)), w1(random_tensor(window)), w2(random_tensor(window), true);
  const Variable slope1(random_tensor({16}), true), slope2(random_tensor({16}));
  const Variable y = residual_unit(x, w1, slope1, w2, slope2);
  softmax_cross_entropy(linear(y, Variable(random_tensor({3, 256})), Variable()), random_labels(1, 3))
      .backward();
  CHECK(w2.gradient().defined());
  CHECK(slope1.gradient().defined());
  CHECK_FALSE(x.gradient().defined());
  CHECK_FALSE(w1.gradient().defined());
  const NoGradient guard;
  const Variable plain = residual_unit(x, w1, slope1, w2, slope2);
  CHECK_FALSE(plain.requires_gradient());
  CHECK(test::relative_error(plain.value().span<float>(), y.value().span<float>()) == 0);
}

TEST_CASE(
    "residual_unit: without recording, a value that is handed over gives its memory, others keep theirs") {
  const Shape window{16, 3, 3, 16};
  const Variable w1(random_tensor(window)), w2(random_tensor(window));
  const Variable slope1(random_tensor({16})), slope2(random_tensor({16}));
  for (const Shape map : {Shape{1, 4, 4, 16}, {8, 12, 12, 16}}) {  // convolved directly, and by Winograd
    const Tensor image = random_tensor(map);
    const NoGradient guard;
    const Variable held(image.clone());
    const Tensor expected = residual_unit(held, w1, slope1, w2, slope2).value();
    CHECK(test::same_bits(held.value(), image));
    Variable shared(image.clone());
    const Tensor alias = shared.value();
    CHECK(test::same_bits(residual_unit(std::move(shared), w1, slope1, w2, slope2).value(), expected));
    CHECK(test::same_bits(alias, image));
    Variable given(image.clone());
    const std::byte* const memory = given.value().raw();
    const Variable y = residual_unit(std::move(given), w1, slope1, w2, slope2);
    CHECK(y.value().raw() == memory);
    CHECK(test::same_bits(y.value(), expected));
  }
}

TEST_CASE("bf16 on cuda: activations and their gradients are bf16, parameters' gradients f32") {
  if (!cuda::unavailable().empty()) return;
  std::vector<Variable> v;
  for (const Tensor& input : unit_inputs()) v.emplace_back(input.to(Device::cuda), true);
  const Variable w5(random_tensor({3, 160}).to(Device::cuda), true);
  const Variable image(converted(v[0].value(), DType::bf16));
  const Variable first = conv2d(image, v[1], v[2], padded);
  CHECK(first.value().dtype() == DType::bf16);
  const Variable second = conv2d_prelu(first, v[1], v[2], v[3], first, padded);
  CHECK(second.value().dtype() == DType::bf16);
  const Variable sum = add(second, first);
  CHECK(sum.value().dtype() == DType::bf16);
  const Variable y = linear(sum, w5, Variable());
  CHECK(y.value().dtype() == DType::f32);
  softmax_cross_entropy(y, random_labels(2, 3).to(Device::cuda)).backward();
  for (const Variable& parameter : {v[1], v[2], v[3], w5}) {
    REQUIRE(parameter.gradient().defined());
    CHECK(parameter.gradient().dtype() == DType::f32);
  }
  CHECK_FALSE(v[0].gradient().defined());
  CHECK_THROWS_AS(Variable(image.value(), true), Error);
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

TEST_CASE("normalise_rows: value and gradient, on every device") {
  // To `device` and back, for the check of gradients, which moves inputs on the cpu.
  const auto moved = [](const Variable& x, Device to) {
    const Device from = x.value().device();
    return Variable::record("moved", x.value().to(to), {x},
                            [from](const Tensor& dy) -> std::vector<Tensor> { return {dy.to(from)}; });
  };
  std::vector<Device> devices = {Device::cpu};
  if (cuda::unavailable().empty()) devices.push_back(Device::cuda);
  for (const Device device : devices)
    for (const float length : {1.0f, 16.0f}) {
      CAPTURE(to_string(device));
      CAPTURE(length);
      const Tensor rows = Tensor::from(std::vector<float>{3, 0, -4, /**/ 0, 0, 0, /**/ 2, -1, 2}, {3, 3});
      const std::vector<double> unit = {0.6, 0, -0.8, /**/ 0, 0, 0, /**/ 2.0 / 3, -1.0 / 3, 2.0 / 3};
      const std::vector<double> y =
          test::to_double(normalise_rows(Variable(rows.to(device)), length).value());
      for (std::size_t i = 0; i < unit.size(); ++i)
        CHECK(y[i] == doctest::Approx(static_cast<double>(length) * unit[i]));
      check([&](Inputs v) { return moved(normalise_rows(moved(v[0], device), length), Device::cpu); },
            {random_tensor({5, 7}, 3)});
    }
  CHECK_THROWS_WITH_AS(normalise_rows(Variable(random_tensor({3})), 1), doctest::Contains("normalise_rows"),
                       Error);
}

TEST_CASE("a_softmax_loss: the exact gradient, through both lengths, for every margin and lambda") {
  const Tensor labels = random_labels(6, 5);
  for (int margin = 1; margin <= 4; ++margin)
    for (const float lambda : {0.0f, 5.0f, 1000.0f}) {
      CAPTURE(margin);
      CAPTURE(lambda);
      // Long rows: the curvature falls with their length.
      check(
          [&](Inputs v) { return a_softmax_loss(v[0], v[1], labels, {.margin = margin, .lambda = lambda}); },
          {random_tensor({6, 8}, 3), random_tensor({5, 8}, 3)}, {.step = 0.01, .tolerance = 5e-3});
    }
}

TEST_CASE("a_softmax_loss: the authors' gradient differs from the exact one by design") {
  const Tensor labels = random_labels(6, 5);
  const auto result = check_gradients(
      [&](Inputs v) {
        return a_softmax_loss(v[0], v[1], labels,
                              {.margin = 4, .lambda = 0, .gradient = MarginGradient::sphereface});
      },
      {random_tensor({6, 8}), random_tensor({5, 8})});
  CHECK_FALSE(result.passed);
}

TEST_CASE("a_softmax_loss counts the right answers without the margin") {
  // Each feature is 37 degrees away from one class and 53 from another; the last one is labelled with the latter.
  const Tensor labels = Tensor::from(std::vector<std::int32_t>{0, 2, 1}, {3});
  const Variable x(Tensor::from(std::vector<float>{4, 3, 0, /**/ 3, 0, 4, /**/ 4, 3, 0}, {3, 3}));
  const Variable w(Tensor::from(std::vector<float>{1, 0, 0, /**/ 0, 2, 0, /**/ 0, 0, 3}, {3, 3}));
  Tensor with, without;
  const Variable hard = a_softmax_loss(x, w, labels, {.margin = 4, .lambda = 0}, &with);
  const Variable easy = a_softmax_loss(x, w, labels, {.margin = 1, .lambda = 0}, &without);
  CHECK(with.span<std::int32_t>()[0] == 2);
  CHECK(without.span<std::int32_t>()[0] == 2);
  CHECK(hard.value().span<float>()[0] > easy.value().span<float>()[0] + 1);
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
        return a_softmax_loss(out, v[3], labels, {.margin = 2, .lambda = 1});
      },
      // Features of lengths near 10: with much longer ones a loss may be so close to 0 that its differences are noise.
      {random_tensor({2, 3, 3, 4}), random_tensor({4, 3, 3, 4}), random_tensor({6, 36}, 0.1f),
       random_tensor({3, 6}, 3)},
      {.step = 0.01, .tolerance = 5e-3});
}

namespace {

/// Loss, count of correct rows and gradients of x, w and perhaps a bias.
std::vector<Tensor> loss_and_gradients(const std::vector<Tensor>& inputs,
                                       const std::function<Variable(Inputs, Tensor*)>& function) {
  std::vector<Variable> variables;
  for (const Tensor& input : inputs) variables.emplace_back(input, true);
  Tensor correct;
  Variable loss = function(variables, &correct);
  loss.backward();
  std::vector<Tensor> results = {
      loss.value(), Tensor::full({}, static_cast<float>(correct.to(Device::cpu).span<std::int32_t>()[0]))};
  for (const Variable& variable : variables) results.push_back(variable.gradient());
  return results;
}

}  // namespace

TEST_CASE("losses in parts: the values and gradients of the whole, on every device") {
  std::vector<Device> devices = {Device::cpu};
  if (cuda::unavailable().empty()) devices.push_back(Device::cuda);
  const auto agree = [](const std::vector<Tensor>& found, const std::vector<Tensor>& expected) {
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      CAPTURE(i);
      const Tensor a = found[i].to(Device::cpu), b = expected[i].to(Device::cpu);
      CHECK(test::relative_error(a.span<float>(), b.span<float>()) < 1e-5);
    }
  };
  for (const Device device : devices)
    for (const std::int64_t part : {1, 4, 11, 30}) {
      CAPTURE(to_string(device));
      CAPTURE(part);
      Tensor w = random_tensor({11, 6});
      const Tensor x = random_tensor({5, 6}).to(device), bias = random_tensor({11}).to(device),
                   labels = random_labels(5, 11).to(device);
      agree(loss_and_gradients({x, w.to(device), bias},
                               [&](Inputs v, Tensor* correct) {
                                 return softmax_loss_in_parts(v[0], v[1], v[2], labels, {.most = part},
                                                              correct);
                               }),
            loss_and_gradients({x, w.to(device), bias}, [&](Inputs v, Tensor* correct) {
              const Variable logits = linear(v[0], v[1], v[2]);
              *correct = Tensor::empty({}, DType::i32, device);
              count_correct(logits.value(), labels, *correct);
              return softmax_cross_entropy(logits, labels);
            }));
      for (const MarginGradient gradient : {MarginGradient::exact, MarginGradient::sphereface})
        for (int m = 1; m <= 4; ++m) {
          CAPTURE(m);
          const MarginOptions options{m, m == 2 ? 0.0f : 3.0f, gradient};
          Tensor rows = w.clone(), lengths = Tensor::empty({11});
          if (gradient == MarginGradient::sphereface) normalise_rows(w, rows, lengths);
          const std::vector<Tensor> inputs = {x, rows.to(device)};
          agree(loss_and_gradients(inputs,
                                   [&](Inputs v, Tensor* correct) {
                                     return a_softmax_loss_in_parts(v[0], v[1], labels, options,
                                                                    {.most = part}, correct);
                                   }),
                loss_and_gradients(inputs, [&](Inputs v, Tensor* correct) {
                  return a_softmax_loss(v[0], v[1], labels, options, correct);
                }));
        }
    }
}

TEST_CASE("take_rows: gradients") {
  const Tensor rows = Tensor::from<std::int32_t>(std::vector<std::int32_t>{3, 0}, {2}),
               w = random_tensor({2, 6});
  check(
      [&](Inputs v) {
        return softmax_cross_entropy(linear(Variable(w), take_rows(v[0], rows), Variable()),
                                     random_labels(2, 1));
      },
      {random_tensor({5, 6})});
}

TEST_CASE("losses in parts: gradients, of what requires one") {
  const Tensor x = random_tensor({3, 4}), w = random_tensor({5, 4}), bias = random_tensor({5}),
               labels = random_labels(3, 5);
  check([&](Inputs v) { return softmax_loss_in_parts(v[0], v[1], v[2], labels, {2}); }, {x, w, bias});
  check([&](Inputs v) { return softmax_loss_in_parts(Variable(x), v[0], Variable(), labels, {2}); }, {w});
  check([&](Inputs v) { return softmax_loss_in_parts(v[0], Variable(w), Variable(bias), labels, {3}); }, {x});
  check([&](Inputs v) { return a_softmax_loss_in_parts(v[0], v[1], labels, {.margin = 1}, {2}); }, {x, w});
  CHECK_THROWS_WITH_AS(softmax_loss_in_parts(Variable(x), Variable(w), Variable(), labels, {0}),
                       doctest::Contains("parts of at least one"), Error);
  CHECK_THROWS_WITH_AS(a_softmax_loss_in_parts(Variable(x), Variable(bias), labels, {}, {2}),
                       doctest::Contains("x [B, D]"), Error);
}

}  // namespace hypersphere
