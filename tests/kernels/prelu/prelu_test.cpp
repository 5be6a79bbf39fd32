#include "kernels/prelu/prelu.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/golden.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("prelu: forward and backward agree with the oracle") {
  for (const Device device : devices())
    for (const RowsCase& c : rows_cases) {
      INFO(c.name, " ", to_string(c.shape), " on ", std::string(to_string(device)));
      const Shape channels = {c.shape[-1]};
      const Tensor x = random_tensor(c.shape), slope = random_tensor(channels), dy = random_tensor(c.shape);
      Tensor y = poisoned(c.shape).to(device), dx = poisoned(c.shape).to(device);
      Tensor dslope = poisoned(channels).to(device);
      const Tensor on_x = x.to(device), on_slope = slope.to(device), on_dy = dy.to(device);
      prelu_forward(on_x, on_slope, y);
      prelu_backward(on_x, on_slope, on_dy, dx, dslope);
      const Values vx = to_double(x), vs = to_double(slope), vdy = to_double(dy);
      CHECK(error_of(y, reference::prelu_forward(vx, vs)) < bound);
      CHECK(error_of(dx, reference::prelu_backward_data(vx, vs, vdy)) < bound);
      CHECK(error_of(dslope, reference::prelu_backward_slope(vx, vs, vdy)) < bound);

      Tensor in_place = on_x.clone(), gradient = on_dy.clone();
      prelu_forward(in_place, on_slope, in_place);
      CHECK(same_bits(in_place, y));
      prelu_backward(on_x, on_slope, gradient, gradient, dslope);
      CHECK(same_bits(gradient, dx));

      check_thread_counts([&] {
        Tensor ty = poisoned(c.shape), tdx = poisoned(c.shape), tdslope = poisoned(channels);
        prelu_forward(x, slope, ty);
        prelu_backward(x, slope, dy, tdx, tdslope);
        return std::vector{ty, tdx, tdslope};
      });
    }
}

TEST_CASE("prelu: the oracle's gradients are those of its output") {
  Values x = to_double(random_tensor({12, 5}));
  for (double& value : x) value += value > 0 ? 0.01 : -0.01;  // away from the bend
  const Values slope = to_double(random_tensor({5})), dy = to_double(random_tensor({12, 5}));
  const auto of_x = [&](const Values& p) { return reference::dot(dy, reference::prelu_forward(p, slope)); };
  const auto of_slope = [&](const Values& p) { return reference::dot(dy, reference::prelu_forward(x, p)); };
  CHECK(relative_error(reference::prelu_backward_data(x, slope, dy), reference::central_difference(of_x, x)) <
        1e-7);
  CHECK(relative_error(reference::prelu_backward_slope(x, slope, dy),
                       reference::central_difference(of_slope, slope)) < 1e-7);
}

TEST_CASE("prelu: zero takes the slope") {
  const Tensor x = Tensor::from<float>(std::vector<float>{0.0f, -0.0f}, {2, 1});
  const Tensor slope = Tensor::full({1}, 0.25f), dy = Tensor::full({2, 1}, 4.0f);
  Tensor y = poisoned({2, 1}), dx = poisoned({2, 1}), dslope = poisoned({1});
  prelu_forward(x, slope, y);
  prelu_backward(x, slope, dy, dx, dslope);
  CHECK(to_double(y) == Values{0, 0});
  CHECK(to_double(dx) == Values{1, 1});
  CHECK(to_double(dslope) == Values{0});
}

TEST_CASE("prelu: recorded reference") {
  for (const auto& entry : golden("ops.json")) {
    if (entry["op"] != "prelu") continue;
    const auto shape = entry["x_shape"].get<std::vector<std::int64_t>>();
    const auto values = [&](const char* key) { return channels_last(entry[key].get<Values>(), shape); };
    const Tensor x = from_double(values("x"), channels_last(shape)),
                 dy = from_double(values("dy"), x.shape());
    const Tensor slope = from_double(entry["slope"].get<Values>(), {shape[1]});
    Tensor y = poisoned(x.shape()), dx = poisoned(x.shape()), dslope = poisoned(slope.shape());
    prelu_forward(x, slope, y);
    prelu_backward(x, slope, dy, dx, dslope);
    CHECK(error_of(y, values("y")) < bound);
    CHECK(error_of(dx, values("dx")) < bound);
    CHECK(error_of(dslope, entry["dslope"].get<Values>()) < bound);
  }
}

TEST_CASE("prelu: unfit shapes are named") {
  const Tensor x = random_tensor({4, 3}), slope = random_tensor({3});
  Tensor y = poisoned({4, 3}), wrong = poisoned({4, 2}), dslope = poisoned({3});
  CHECK_FAILS(prelu_forward(x, random_tensor({4}), y), "prelu_forward: expected slope");
  CHECK_FAILS(prelu_forward(x, slope, wrong), "prelu_forward: expected y");
  CHECK_FAILS(prelu_forward(Tensor(), slope, y), "prelu_forward: expected x");
  CHECK_FAILS(prelu_forward(Tensor::full({}, 1.0f), slope, y), "prelu_forward: expected x");
  CHECK_FAILS(prelu_backward(x, slope, wrong, y, dslope), "prelu_backward: expected dy");
  CHECK_FAILS(prelu_backward(x, slope, y, wrong, dslope), "prelu_backward: expected dx");
  CHECK_FAILS(prelu_backward(x, slope, y, y, wrong), "prelu_backward: expected dslope");
}
