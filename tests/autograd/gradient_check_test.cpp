// The checker must be able to fail: functions with seeded mistakes.
#include "autograd/gradient_check.h"

#include <limits>

#include "tests/support.h"

namespace hypersphere {
namespace {

using Inputs = std::span<const Variable>;

// x^2, entry by entry, whose gradient is off by `mistake` at one entry.
Variable square(const Variable& x, float mistake, std::size_t at = 0) {
  Tensor y = x.value().clone();
  for (float& value : y.span<float>()) value *= value;
  return Variable::record("square", y, {x},
                          [=, saved = x.value().clone()](const Tensor& dy) -> std::vector<Tensor> {
                            Tensor dx = dy.clone();
                            for (std::size_t i = 0; i < dx.span<float>().size(); ++i)
                              dx.span<float>()[i] *= 2 * saved.span<float>()[i] + (i == at ? mistake : 0);
                            return {dx};
                          });
}

}  // namespace

TEST_CASE("check_gradients passes what is right and names the entry that is wrong") {
  const Tensor x = test::random_tensor({3, 5});
  CHECK(check_gradients([](Inputs v) { return square(v[0], 0); }, {x}).passed);

  const auto wrong = check_gradients([](Inputs v) { return square(v[0], 0.5f, 7); }, {x});
  CHECK_FALSE(wrong.passed);
  CHECK(wrong.input == 0);
  CHECK(wrong.entry == 7);
  CHECK(wrong.message.find("entry 7") != std::string::npos);
}

TEST_CASE("check_gradients fails for NaN and for a gradient that is missing") {
  const Tensor x = test::random_tensor({4});
  CHECK_FALSE(
      check_gradients([](Inputs v) { return square(v[0], std::numeric_limits<float>::quiet_NaN()); }, {x})
          .passed);
  const auto missing = check_gradients([](Inputs v) { return square(v[1], 0); }, {x, x});
  CHECK_FALSE(missing.passed);
  CHECK(missing.message == "input 0 got no gradient");
}

TEST_CASE("check_gradients samples large inputs, leaves them as they were, and repeats itself") {
  const Tensor x = test::random_tensor({100});
  const Tensor before = x.clone();
  const auto check = [&] {
    return check_gradients([](Inputs v) { return square(v[0], 0); }, {x}, {.entries = 9});
  };
  const auto first = check(), second = check();
  CHECK(first.passed);
  CHECK(first.entry == second.entry);
  CHECK(first.backward == second.backward);
  CHECK(test::relative_error(x.span<float>(), before.span<float>()) == 0);
}

TEST_CASE("check_gradients refuses unfit arguments") {
  const auto function = [](Inputs v) { return square(v[0], 0); };
  CHECK_THROWS_AS(check_gradients(function, {Tensor()}), Error);
  CHECK_THROWS_AS(check_gradients(function, {Tensor::zeros({2}, DType::i32)}), Error);
  CHECK_THROWS_AS(check_gradients(function, {Tensor::zeros({2})}, {.step = 0}), Error);
}

}  // namespace hypersphere
