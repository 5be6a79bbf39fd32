#include "nn/solver.h"

#include "tests/nn/support.h"

namespace hypersphere {
namespace {

struct Two : Module {
  Parameter &a, &b;
  Two() : a(add_parameter("a", {2})), b(add_parameter("b", {1}, 2, 0)) {}
};

// Leaves `gradient` at `parameter`: the loss is their scalar product.
void give_gradient(Parameter& parameter, std::vector<float> gradient) {
  const Tensor values = Tensor::from(gradient, parameter.variable.value().shape());
  Variable loss = Variable::record("product", Tensor::zeros({}), {parameter.variable},
                                   [values](const Tensor&) -> std::vector<Tensor> { return {values}; });
  loss.backward();
}

}  // namespace

TEST_CASE("the learning rate falls when a step's iterations are done") {
  const MultiStep schedule{.base = 0.1, .gamma = 0.1, .steps = {16000, 24000, 28000}};
  CHECK(schedule.at(0) == 0.1);
  CHECK(schedule.at(15999) == 0.1);
  CHECK(schedule.at(16000) == doctest::Approx(0.01));
  CHECK(schedule.at(23999) == doctest::Approx(0.01));
  CHECK(schedule.at(24000) == doctest::Approx(0.001));
  CHECK(schedule.at(28000) == doctest::Approx(0.0001));
  CHECK(MultiStep{.base = 0.5, .gamma = 0.1, .steps = {}}.at(1000) == 0.5);
}

TEST_CASE("two steps by hand, with multipliers, momentum and decay") {
  Two module;
  module.a.variable.value().copy_from(Tensor::from(std::vector<float>{1, -2}, {2}));
  module.b.variable.value().copy_from(Tensor::from(std::vector<float>{3}, {1}));
  const SolverOptions options{.momentum = 0.5f, .weight_decay = 0.1f};
  const auto a = [&] { return module.a.variable.value().span<float>(); };
  const auto b = [&] { return module.b.variable.value().span<float>(); };

  give_gradient(module.a, {10, 20});
  give_gradient(module.b, {5});
  sgd_step(module.parameters(), 0.01f, options);
  // v = 0.01 (g + 0.1 w); b: twice the rate and no decay.
  CHECK(a()[0] == doctest::Approx(1 - 0.01 * 10.1));
  CHECK(a()[1] == doctest::Approx(-2 - 0.01 * 19.8));
  CHECK(b()[0] == doctest::Approx(3 - 0.02 * 5));
  CHECK_FALSE(module.a.variable.gradient().defined());

  give_gradient(module.a, {1, 1});
  sgd_step(module.parameters(), 0.001f, options);
  // v = 0.5 * 0.101 + 0.001 (1 + 0.1 * 0.899): the rate is inside v, so a fall of it does not scale v.
  CHECK(a()[0] == doctest::Approx(0.899 - (0.5 * 0.101 + 0.001 * 1.0899)));
  CHECK(b()[0] == doctest::Approx(2.9));  // no gradient: neither moved nor decayed
}

TEST_CASE("a guard that is not finite: the gradients are cleared, nothing else changes") {
  Two module;
  module.a.variable.value().copy_from(Tensor::from(std::vector<float>{1, -2}, {2}));
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    give_gradient(module.a, {10, 20});
    sgd_step(module.parameters(), 0.01f, {}, Tensor::from(std::vector<float>{0, bad}, {2}));
    CHECK(test::to_double(module.a.variable.value()) == std::vector<double>{1, -2});
    CHECK(test::to_double(module.a.momentum) == std::vector<double>{0, 0});
    CHECK_FALSE(module.a.variable.gradient().defined());
  }
  give_gradient(module.a, {10, 20});
  sgd_step(module.parameters(), 0.01f, {}, Tensor::from(std::vector<float>{0, 1}, {2}));
  CHECK(module.a.variable.value().span<float>()[0] < 1);
}

TEST_CASE("the norm runs over all gradients") {
  Two module;
  const auto square = [&] {
    Tensor sum = test::poisoned({});
    squared_gradient_norm(module.parameters(), sum);
    return sum.span<float>()[0];
  };
  CHECK(square() == 0);
  give_gradient(module.a, {3, 0});
  CHECK(square() == 9);
  give_gradient(module.b, {4});
  CHECK(square() == 25);
  module.clear_gradients();
  CHECK(square() == 0);
}

}  // namespace hypersphere
