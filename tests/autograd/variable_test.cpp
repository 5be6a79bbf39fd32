// The engine: what backward() does with histories of every form. The functions under it are made here, so
// that nothing but the engine is tested.
#include "autograd/variable.h"

#include <fmt/core.h>

#include <memory>

#include "tensor/allocator.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

Variable parameter(float value) { return Variable(Tensor::full({}, value), true); }

float item(const Tensor& tensor) { return tensor.span<float>()[0]; }

// factor * x for scalars.
Variable times(float factor, const Variable& x) {
  return Variable::record(
      "times", Tensor::full({}, factor * item(x.value())), {x},
      [factor](const Tensor& dy) -> std::vector<Tensor> { return {Tensor::full({}, factor * item(dy))}; });
}

// a * b for scalars.
Variable product(const Variable& a, const Variable& b) {
  const float left = item(a.value()), right = item(b.value());
  return Variable::record("product", Tensor::full({}, left * right), {a, b},
                          [left, right](const Tensor& dy) -> std::vector<Tensor> {
                            return {Tensor::full({}, right * item(dy)), Tensor::full({}, left * item(dy))};
                          });
}

}  // namespace

TEST_CASE("backward reaches every leaf through shared values") {
  // y = (2x) (2x) z: the value 2x is used twice, so dy/dx = 8 x z and dy/dz = 4 x^2.
  const Variable x = parameter(3), z = parameter(5);
  const Variable twice = times(2, x);
  Variable y = product(product(twice, twice), z);
  CHECK(item(y.value()) == 180);
  y.backward();
  CHECK(item(x.gradient()) == 120);
  CHECK(item(z.gradient()) == 36);
}

TEST_CASE("a value waits for all its uses, also over paths of different length") {
  // y = x + long chain of x: the short path must not release x's history too early.
  const Variable x = parameter(2);
  const Variable shared = times(3, x);
  Variable chain = shared;
  for (int i = 0; i < 10; ++i) chain = times(2, chain);
  Variable y = product(chain, shared);  // 1024 (3x)^2
  y.backward();
  CHECK(item(x.gradient()) == 1024.0f * 9 * 2 * 2);
}

TEST_CASE("gradients add up over several backward passes until they are cleared") {
  Variable x = parameter(1);
  times(2, x).backward();
  const Tensor first = x.gradient();
  times(5, x).backward();
  CHECK(item(x.gradient()) == 7);
  CHECK(item(first) == 2);  // an earlier handle keeps its value
  x.clear_gradient();
  CHECK_FALSE(x.gradient().defined());
  times(5, x).backward();
  CHECK(item(x.gradient()) == 5);
}

TEST_CASE("a shared gradient is not changed by the sum at one of its owners") {
  const Variable a = parameter(1), b = parameter(1);
  const Variable both =
      Variable::record("pair", Tensor::full({}, 2), {a, b}, [](const Tensor& dy) -> std::vector<Tensor> {
        return {dy, dy};
      });
  Variable y = product(both, a);  // (a + b) a: da = 2a + b, db = a
  y.backward();
  CHECK(item(a.gradient()) == 3);
  CHECK(item(b.gradient()) == 1);
}

TEST_CASE("a leaf that is the loss itself has the gradient 1") {
  Variable x = parameter(4);
  x.backward();
  CHECK(item(x.gradient()) == 1);
}

TEST_CASE("inputs that require no gradient get none and are not kept") {
  const Variable x = parameter(3);
  Tensor constant = Tensor::full({}, 2);
  Variable y = product(x, Variable(constant));
  y.backward();
  CHECK(item(x.gradient()) == 2);
  CHECK_FALSE(Variable(constant).gradient().defined());
  CHECK_FALSE(product(Variable(constant), Variable(constant)).requires_gradient());
}

TEST_CASE("what a function saved is freed when it has run, not at the end") {
  auto saved_late = std::make_shared<int>(1), saved_early = std::make_shared<int>(2);
  const std::weak_ptr<int> late = saved_late, early = saved_early;
  bool late_was_gone = false;
  const auto remember = [](const Variable& x, std::shared_ptr<int> saved, std::function<void()> look) {
    return Variable::record("remember", Tensor::full({}, 1), {x},
                            [saved = std::move(saved), look](const Tensor& dy) -> std::vector<Tensor> {
                              look();
                              return {dy};
                            });
  };
  const Variable x = parameter(1);
  Variable y = remember(x, std::move(saved_early), [&] { late_was_gone = late.expired(); });
  y = remember(y, std::move(saved_late), [] {});
  CHECK_FALSE(late.expired());
  y.backward();
  CHECK(late_was_gone);
  CHECK(early.expired());
}

TEST_CASE("the history keeps no value that no function saved") {
  constexpr std::int64_t large = 1 << 20;
  const Variable x(Tensor::zeros({large}), true);
  const auto identity = [](const Variable& input) {
    return Variable::record("identity", input.value().clone(), {input},
                            [](const Tensor& dy) -> std::vector<Tensor> { return {dy}; });
  };
  const std::int64_t before = allocator_stats(Device::cpu).bytes_in_use;
  Variable y = x;
  for (int i = 0; i < 10; ++i) y = identity(y);
  const std::int64_t after = allocator_stats(Device::cpu).bytes_in_use;
  CHECK(after - before < 2 * large * 4);  // the last value alone
}

TEST_CASE("without recording, what a function saved is dropped at once") {
  auto marker = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = marker;
  const NoGradient guard;
  const Variable y = Variable::record(
      "f", Tensor::full({}, 1), {parameter(1)},
      [marker = std::move(marker)](const Tensor& dy) -> std::vector<Tensor> { return {dy}; });
  CHECK(watched.expired());
  CHECK_FALSE(y.requires_gradient());
}

TEST_CASE("NoGradient nests and ends with its scope") {
  const Variable x = parameter(1);
  CHECK(NoGradient::recording());
  {
    const NoGradient outer;
    {
      const NoGradient inner;
      CHECK_FALSE(NoGradient::recording());
    }
    CHECK_FALSE(NoGradient::recording());
    CHECK_FALSE(times(2, x).requires_gradient());
  }
  CHECK(NoGradient::recording());
  CHECK(times(2, x).requires_gradient());
}

TEST_CASE("a chain of 200,000 functions neither overflows the stack nor loses its gradient") {
  const Variable x = parameter(1);
  const auto build = [&] {
    Variable y = x;
    for (int i = 0; i < 200000; ++i) y = times(1, y);
    return y;
  };
  build();  // destroyed without a backward pass
  Variable y = build();
  y.backward();
  CHECK(item(x.gradient()) == 1);
}

TEST_CASE("a wide history is walked once a node, not once a path") {
  // 60 doublings: 2^60 paths from y to x.
  const Variable x = parameter(1);
  Variable y = x;
  for (int i = 0; i < 60; ++i)
    y = Variable::record("double", Tensor::full({}, 1), {y, y}, [](const Tensor& dy) -> std::vector<Tensor> {
      return {dy, dy};
    });
  y.backward();
  CHECK(item(x.gradient()) == 0x1p60f);
}

TEST_CASE("on_gradient: a leaf says when all of its gradient is there, before earlier ones have theirs") {
  Variable first = parameter(2), second = parameter(3), unused = parameter(4);
  std::vector<std::string> said;
  first.on_gradient([&] { said.push_back(fmt::format("first {}", item(first.gradient()))); });
  second.on_gradient([&] { said.push_back(fmt::format("second {}", item(second.gradient()))); });
  unused.on_gradient([&] { said.push_back("unused"); });
  const auto build = [&] {
    const auto sum = [](const Variable& a, const Variable& b) {
      return Variable::record("sum", Tensor::full({}, item(a.value()) + item(b.value())), {a, b},
                              [](const Tensor& dy) -> std::vector<Tensor> {
                                return {dy, dy};
                              });
    };
    // `second` is used twice, the last time next to the loss: it is whole only when both have come.
    const Variable early = times(5, second), late = times(7, second), other = times(2, first);
    return sum(early, sum(late, other));
  };
  build().backward();
  CHECK(said == std::vector<std::string>{"first 2", "second 12"});
  said.clear();
  first.on_gradient({});
  build().backward(3);  // of three times the loss
  CHECK(said == std::vector<std::string>{"second 48"});
  CHECK(item(first.gradient()) == 8);
  second.set_gradient(Tensor::full({}, 1));
  CHECK(item(second.gradient()) == 1);
  CHECK_THROWS_WITH_AS(second.set_gradient(Tensor::zeros({2})), doctest::Contains("set_gradient"), Error);
  CHECK_THROWS_WITH_AS(Variable(Tensor::zeros({})).on_gradient({}),
                       doctest::Contains("on_gradient: expected a leaf"), Error);
  CHECK_THROWS_AS(Variable(Tensor::zeros({})).set_gradient(Tensor::zeros({})), Error);
}

TEST_CASE("misuse throws Error that names what is wrong") {
  const Variable x = parameter(3);
  SUBCASE("a second backward") {
    Variable y = times(2, x);
    y.backward();
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("the history of times was consumed"), Error);
  }
  SUBCASE("a second loss over a consumed part") {
    const Variable shared = times(2, x);
    Variable y = times(2, shared), z = times(2, shared);
    y.backward();
    CHECK_THROWS_AS(z.backward(), Error);
  }
  SUBCASE("no scalar") {
    Variable y(Tensor::zeros({2}), true);
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("expected a scalar"), Error);
  }
  SUBCASE("nothing to differentiate") {
    Variable y(Tensor::zeros({}));
    CHECK_THROWS_AS(y.backward(), Error);
    CHECK_THROWS_AS(Variable().backward(), Error);
  }
  SUBCASE("a backward function with a gradient too few") {
    Variable y = Variable::record("broken", Tensor::zeros({}), {x, x},
                                  [](const Tensor& dy) -> std::vector<Tensor> { return {dy}; });
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("broken returned 1 gradients for 2 inputs"), Error);
  }
  SUBCASE("a gradient of another shape") {
    Variable y = Variable::record("broken", Tensor::zeros({}), {x},
                                  [](const Tensor&) -> std::vector<Tensor> { return {Tensor::zeros({2})}; });
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("broken"), Error);
  }
  SUBCASE("undefined") {
    CHECK_THROWS_AS((void)Variable().value(), Error);
    CHECK_THROWS_AS((void)Variable().gradient(), Error);
    CHECK_THROWS_AS(Variable{Tensor()}, Error);
    CHECK_THROWS_AS(Variable(Tensor::zeros({1}, DType::i32), true), Error);
  }
}

}  // namespace hypersphere
