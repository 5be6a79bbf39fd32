#include "tests/kernels/a_softmax/cases.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("normalise_rows: in place, backward in place, large and small rows") {
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Tensor v = random_tensor({5, 17});
    Tensor factored = v.clone();
    const float factors[] = {1, 1e30f, 1e-30f, 1e18f, 1e-18f};
    for (std::int64_t i = 0; i < factored.size(); ++i) factored.data<float>()[i] *= factors[i / 17];
    const Tensor scaled = factored.to(device);
    Tensor unit = poisoned_on(device, {5, 17}), length = poisoned_on(device, {5}), in_place = scaled.clone();
    normalise_rows(scaled, unit, length);
    CHECK(error_of(unit, reference::normalise_rows(to_double(v), 17)) < bound);
    normalise_rows(in_place, in_place, length);
    CHECK(same_bits(in_place, unit));

    normalise_rows(v.to(device), unit, length);
    Tensor dunit = random_tensor({5, 17}).to(device), dv = poisoned_on(device, {5, 17});
    normalise_rows_backward(unit, length, dunit, dv);
    normalise_rows_backward(unit, length, dunit, dunit);
    CHECK(same_bits(dunit, dv));
  }
}
