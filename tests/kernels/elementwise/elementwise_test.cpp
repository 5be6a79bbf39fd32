#include "kernels/elementwise/elementwise.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  Shape shape;
};

const Case cases[] = {
    {"one element", {1}},      {"one channel", {9, 1}}, {"one row", {1, 77}},
    {"ragged", {2, 5, 3, 13}}, {"no rows", {0, 4}},     {"large enough for threads", {701, 67}},
};

}  // namespace

TEST_CASE("elementwise: add, add_bias and scale agree with plain arithmetic") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " ", to_string(c.shape), " on ", std::string(to_string(device)));
      const Shape channels = {c.shape[-1]};
      const Tensor a = random_tensor(c.shape).to(device), b = random_tensor(c.shape).to(device);
      const Tensor bias = random_tensor(channels).to(device);
      const Values va = to_double(a), vb = to_double(b), vbias = to_double(bias);
      Values sum = va, biased = va, scaled = va;
      for (std::size_t i = 0; i < va.size(); ++i) {
        sum[i] += vb[i];
        biased[i] += vbias[i % vbias.size()];
        scaled[i] *= -1.5;
      }
      Tensor out = poisoned(c.shape).to(device), left = a.clone(), right = b.clone();
      add(a, b, out);
      CHECK(error_of(out, sum) < bound);
      add(left, b, left);
      CHECK(same_bits(left, out));
      add(a, right, right);
      CHECK(same_bits(right, out));
      Tensor y = a.clone();
      add_bias(bias, y);
      CHECK(error_of(y, biased) < bound);
      Tensor x = a.clone();
      scale(-1.5f, x);
      CHECK(error_of(x, scaled) < bound);
    }
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
}
