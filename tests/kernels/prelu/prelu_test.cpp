#include "kernels/prelu/prelu.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/golden.h"
#include "tests/kernels/types.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

// Besides rows_cases: channels in whole vectors of either type, more channels than a block of the device has
// threads.
const std::vector<RowsCase> more_cases = {
    {"vectors of f32", {3, 5, 2, 4}}, {"vectors of bf16", {301, 8}}, {"ragged vectors", {29, 24}},
    {"prime channels", {200, 67}},    {"many channels", {3, 1601}},  {"many channels in vectors", {9, 4096}},
    {"one pixel", {1, 1, 1, 1}},      {"parts of 64", {1300, 64}},   {"more than a grid", {9001, 67}},
};

}  // namespace

TEST_CASE("prelu: forward and backward agree with the oracle") {
  std::vector<RowsCase> cases = rows_cases;
  cases.insert(cases.end(), more_cases.begin(), more_cases.end());
  for (const auto& [device, dtype] : device_types())
    for (const RowsCase& c : cases) {
      INFO(c.name, " ", to_string(c.shape), " ", to_string(dtype), " on ", to_string(device));
      const Shape channels = {c.shape[-1]};
      const Tensor x = random_tensor(c.shape), slope = random_tensor(channels),
                   dy = random_around_one(c.shape);
      const Tensor on_x = on(device, x, dtype), on_slope = slope.to(device), on_dy = on(device, dy, dtype);
      const Values vx = to_double(on_x), vs = to_double(slope), vdy = to_double(on_dy);
      const Values expected_y = reference::prelu_forward(vx, vs);
      const Values expected_dx = reference::prelu_backward_data(vx, vs, vdy);
      const Values expected_dslope = reference::prelu_backward_slope(vx, vs, vdy);
      SameBits same;
      for_each_schedule(
          device,
          [&, device = device, dtype = dtype] {
            Tensor y = poisoned_on(device, c.shape, dtype), dx = poisoned_on(device, c.shape, dtype);
            Tensor dslope = poisoned_on(device, channels);
            prelu_forward(on_x, on_slope, y);
            prelu_backward(on_x, on_slope, on_dy, dx, dslope);
            CHECK(error_of(y, expected_y) < bound_of(dtype));
            CHECK(error_of(dx, expected_dx) < bound_of(dtype));
            CHECK(error_of(dslope, expected_dslope) < bound);
            CHECK(same({y, dx, dslope}));

            Tensor in_place = on_x.clone(), gradient = on_dy.clone();
            prelu_forward(in_place, on_slope, in_place);
            CHECK(same_bits(in_place, y));
            prelu_backward(on_x, on_slope, gradient, gradient, dslope);
            CHECK(same_bits(gradient, dx));
          },
          work_of(c.shape));
    }
}

TEST_CASE("prelu: the same bits on any number of threads") {
  for (const RowsCase& c : rows_cases) {
    INFO(c.name, " ", to_string(c.shape));
    const Shape channels = {c.shape[-1]};
    const Tensor x = random_tensor(c.shape), slope = random_tensor(channels), dy = random_tensor(c.shape);
    check_thread_counts([&] {
      Tensor y = poisoned(c.shape), dx = poisoned(c.shape), dslope = poisoned(channels);
      prelu_forward(x, slope, y);
      prelu_backward(x, slope, dy, dx, dslope);
      return std::vector{y, dx, dslope};
    });
  }
}

TEST_CASE("prelu: rows that do not begin at whole vectors") {
  for (const auto& [device, dtype] : device_types()) {
    INFO(to_string(dtype), " on ", to_string(device));
    const Tensor x = on(device, random_tensor({9}), dtype).slice(1, 8), slope = random_tensor({8}).to(device);
    const Tensor dy = on(device, random_tensor({8}), dtype);
    const Values vx = to_double(x), vs = to_double(slope);
    Tensor y = poisoned_on(device, {8}, dtype), dx = poisoned_on(device, {8}, dtype);
    Tensor dslope = poisoned_on(device, {8});
    prelu_forward(x, slope, y);
    prelu_backward(x, slope, dy, dx, dslope);
    CHECK(error_of(y, reference::prelu_forward(vx, vs)) < bound_of(dtype));
    CHECK(error_of(dslope, reference::prelu_backward_slope(vx, vs, to_double(dy))) < bound);
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
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Tensor x = Tensor::from<float>(std::vector<float>{0.0f, -0.0f}, {2, 1}).to(device);
    const Tensor slope = Tensor::full({1}, 0.25f).to(device), dy = Tensor::full({2, 1}, 4.0f).to(device);
    Tensor y = poisoned_on(device, {2, 1}), dx = poisoned_on(device, {2, 1}),
           dslope = poisoned_on(device, {1});
    prelu_forward(x, slope, y);
    prelu_backward(x, slope, dy, dx, dslope);
    CHECK(error_of(y, Values{0, 0}) == 0);
    CHECK(error_of(dx, Values{1, 1}) == 0);
    CHECK(error_of(dslope, Values{0}) == 0);
  }
}

TEST_CASE("prelu: recorded reference") {
  for (const Device device : devices())
    for (const auto& entry : golden("ops.json")) {
      if (entry["op"] != "prelu") continue;
      INFO("on ", to_string(device));
      const auto shape = entry["x_shape"].get<std::vector<std::int64_t>>();
      const auto values = [&](const char* key) { return channels_last(entry[key].get<Values>(), shape); };
      const Tensor x = from_double(values("x"), channels_last(shape)).to(device);
      const Tensor dy = from_double(values("dy"), x.shape()).to(device);
      const Tensor slope = from_double(entry["slope"].get<Values>(), {shape[1]}).to(device);
      Tensor y = poisoned_on(device, x.shape()), dx = poisoned_on(device, x.shape());
      Tensor dslope = poisoned_on(device, slope.shape());
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
  CHECK_FAILS(prelu_forward(Tensor::zeros({4, 3}, DType::bf16), slope, y),
              "prelu_forward: expected x of f32, or of bf16 on cuda");
  CHECK_FAILS(prelu_backward(x, slope, wrong, y, dslope), "prelu_backward: expected dy");
  CHECK_FAILS(prelu_backward(x, slope, y, wrong, dslope), "prelu_backward: expected dx");
  CHECK_FAILS(prelu_backward(x, slope, y, y, wrong), "prelu_backward: expected dslope");
}
