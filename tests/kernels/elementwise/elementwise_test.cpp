#include "kernels/elementwise/elementwise.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  Shape shape;
};

const Case cases[] = {
    {"one element", {1}},
    {"one channel", {9, 1}},
    {"one row", {1, 77}},
    {"ragged", {2, 5, 3, 13}},
    {"no rows", {0, 4}},
    {"whole vectors", {6, 64}},
    {"large enough for threads", {701, 67}},
};

}  // namespace

TEST_CASE("elementwise: add, add_bias and scale agree with plain arithmetic") {
  for (const auto& [device, dtype] : device_types())
    for (const Case& c : cases) {
      INFO(c.name, " ", to_string(c.shape), " of ", to_string(dtype), " on ", to_string(device));
      const Tensor a = on(device, random_tensor(c.shape), dtype),
                   b = on(device, random_tensor(c.shape), dtype);
      const Tensor bias = random_tensor({c.shape[-1]}).to(device);
      const Values va = to_double(a), vb = to_double(b), vbias = to_double(bias);
      Values sum = va, biased = va, scaled = va;
      for (std::size_t i = 0; i < va.size(); ++i) {
        sum[i] += vb[i];
        biased[i] += vbias[i % vbias.size()];
        scaled[i] *= -1.5;
      }
      for_each_schedule(device, [&] {
        Tensor out = poisoned_on(device, c.shape, dtype), left = a.clone(), right = b.clone();
        add(a, b, out);
        CHECK(error_of(out, sum) < bound_of(dtype));
        add(left, b, left);
        CHECK(same_bits(left, out));
        add(a, right, right);
        CHECK(same_bits(right, out));
        Tensor y = a.clone();
        add_bias(bias, y);
        CHECK(error_of(y, biased) < bound_of(dtype));
        if (dtype != DType::f32) return;
        Tensor x = a.clone();
        scale(-1.5f, x);
        CHECK(error_of(x, scaled) < bound);
      });
    }
}

TEST_CASE("elementwise: fill, and conversion to bf16 and back") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " ", to_string(c.shape), " on ", std::string(to_string(device)));
      for_each_schedule(device, [&] {
        Tensor filled = poisoned(c.shape).to(device);
        fill(2.5f, filled);
        CHECK(error_of(filled, Values(static_cast<std::size_t>(c.shape.size()), 2.5)) == 0);

        const Tensor x = random_tensor(c.shape);
        Tensor narrow = Tensor::empty(c.shape, DType::bf16, device), wide = poisoned(c.shape).to(device);
        convert(x.to(device), narrow);
        convert(narrow, wide);
        CHECK(error_of(wide, rounded_to_bf16(to_double(x))) == 0);
        CHECK(same_bits(converted(wide, DType::bf16), narrow));
        CHECK(converted(x, DType::f32).raw() == x.raw());
      });
    }
}

TEST_CASE("elementwise: bf16 rounds to nearest even and keeps what is not finite") {
  const struct {
    float from, to;
  } values[] = {{1.0f, 1.0f},
                {1.00390625f, 1.0f},       // half way: to even, down
                {1.01171875f, 1.015625f},  // half way: to even, up
                {-1.00390637f, -1.0078125f},
                {3.4e38f, std::numeric_limits<float>::infinity()},
                {-std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()},
                {0x1.81p-130f, 0x1.8p-130f}};  // denormal
  for (const auto& [from, to] : values) CHECK(to_float(to_bf16(from)) == to);
  CHECK(std::isnan(to_float(to_bf16(std::bit_cast<float>(0x7f800001u)))));
}

TEST_CASE("elementwise: unfit shapes are named") {
  const Tensor a = random_tensor({4, 3});
  Tensor out = poisoned({4, 3}), wrong = poisoned({3, 4}), undefined;
  CHECK_FAILS(add(a, wrong, out), "add: expected b");
  CHECK_FAILS(add(a, a, wrong), "add: expected out");
  CHECK_FAILS(add(undefined, a, out), "add: expected a");
  CHECK_FAILS(add_bias(random_tensor({4}), out), "add_bias: expected bias");
  CHECK_FAILS(add_bias(random_tensor({4}), undefined), "add_bias: expected y");
  CHECK_FAILS(scale(2.0f, undefined), "scale: expected x");
  CHECK_FAILS(fill(2.0f, undefined), "fill: expected x");
  CHECK_FAILS(convert(a, wrong), "convert: expected two tensors");
  CHECK_FAILS(convert(a, undefined), "convert: expected two tensors");
}
