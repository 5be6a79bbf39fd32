#include "kernels/sgd/sgd.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  Shape shape;
  SgdOptions options;
};

const Case cases[] = {
    {"one element", {1}, {}},
    {"ragged", {3, 5, 7}, {}},
    {"no momentum", {33}, {.learning_rate = 0.5f, .momentum = 0, .weight_decay = 0.01f}},
    {"no decay", {130}, {.learning_rate = 0.2f, .momentum = 0.9f, .weight_decay = 0}},
    {"rate of zero", {65}, {.learning_rate = 0, .momentum = 0.9f, .weight_decay = 5e-4f}},
    {"large enough for threads", {64, 3, 3, 64}, {}},
};

}  // namespace

TEST_CASE("sgd: three steps agree with the oracle") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " ", to_string(c.shape), " on ", std::string(to_string(device)));
      Tensor w = random_tensor(c.shape).to(device), v = random_tensor(c.shape).to(device);
      Values vw = to_double(w), vv = to_double(v);
      for (int step = 0; step < 3; ++step) {
        const Tensor g = random_tensor(c.shape);
        sgd_update(g.to(device), c.options, w, v);
        reference::sgd_update(to_double(g), c.options.learning_rate, c.options.momentum,
                              c.options.weight_decay, vw, vv);
      }
      CHECK(error_of(w, vw) < bound);
      CHECK(error_of(v, vv) < bound);
      const Tensor g = random_tensor(c.shape);
      check_thread_counts([&] {
        Tensor tw = w.clone(), tv = v.clone();
        sgd_update(g, c.options, tw, tv);
        return std::vector{tw, tv};
      });
    }
}

TEST_CASE("sgd: unfit shapes are named") {
  Tensor w = random_tensor({4}), v = random_tensor({4}), wrong = random_tensor({5});
  CHECK_FAILS(sgd_update(wrong, {}, w, v), "sgd_update: expected g");
  CHECK_FAILS(sgd_update(v, {}, w, wrong), "sgd_update: expected v");
}
