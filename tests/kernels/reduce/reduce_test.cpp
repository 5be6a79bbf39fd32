#include "kernels/reduce/reduce.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

// Besides rows_cases: channels in whole vectors of either type, more channels than a block of the device has
// threads.
const std::vector<RowsCase> more_cases = {
    {"vectors of f32", {3, 5, 2, 4}},        {"vectors of bf16", {301, 8}}, {"many channels", {3, 1601}},
    {"many channels in vectors", {9, 4096}}, {"many parts", {70000, 1}},
};

struct PartsCase {
  std::string name;
  std::vector<std::int64_t> sizes;
};

std::vector<PartsCase> parts_cases() {
  std::vector<PartsCase> cases = {
      {"none", {}},
      {"nothing in one", {0}},
      {"one element", {1}},
      {"a chunk and its neighbours", {16383, 16384, 16385}},
      {"empty ones between", {5, 0, 7, 0, 0, 3}},
      {"large and small", {50001, 3, 1, 40000}},
      {"as many as a launch takes", std::vector<std::int64_t>(64, 3)},
      {"more than a launch takes", {}},
  };
  for (std::int64_t i = 0; i < 150; ++i) cases.back().sizes.push_back(i % 7);
  return cases;
}

}  // namespace

TEST_CASE("column_sum: agrees with the oracle") {
  std::vector<RowsCase> cases = rows_cases;
  cases.insert(cases.end(), more_cases.begin(), more_cases.end());
  for (const auto& [device, dtype] : device_types())
    for (const RowsCase& c : cases) {
      INFO(c.name, " ", to_string(c.shape), " ", to_string(dtype), " on ", to_string(device));
      const std::int64_t channels = c.shape[-1];
      const Tensor x = on(device, random_around_one(c.shape), dtype);
      const Values expected = reference::column_sum(to_double(x), channels);
      SameBits same;
      for_each_schedule(
          device,
          [&, device = device] {
            Tensor sums = poisoned_on(device, {channels});
            column_sum(x, sums);
            CHECK(error_of(sums, expected) < bound);
            CHECK(same({sums}));
          },
          work_of(c.shape));
    }
}

TEST_CASE("sum_of_squares: over all parts, whatever their sizes") {
  for (const Device device : devices())
    for (const PartsCase& c : parts_cases()) {
      INFO(c.name, " on ", to_string(device));
      std::vector<Tensor> parts;
      double expected = 0;
      std::int64_t size = 0;
      for (const std::int64_t one : c.sizes) {
        const Tensor part = random_tensor({one});
        const Values values = to_double(part);
        expected += reference::dot(values, values);
        parts.push_back(part.to(device));
        size += one;
      }
      SameBits same;
      for_each_schedule(
          device,
          [&] {
            Tensor sum = poisoned_on(device, {});
            sum_of_squares(parts, sum);
            CHECK(error_of(sum, Values{expected}) <= 1e-7);  // rounded once
            CHECK(same({sum}));
          },
          work_of({size}));
    }
}

TEST_CASE("sum_of_squares: where parts are views, and where squares leave the range") {
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Tensor x = random_tensor({4099});
    const Values values = to_double(x);
    const std::vector<Tensor> parts = {x.to(device).slice(1, 4098)};
    Tensor sum = poisoned_on(device, {1});
    sum_of_squares(parts, sum);
    CHECK(error_of(sum, Values{reference::dot(values, values) - values[0] * values[0]}) < 1e-6);
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
      const std::vector<Tensor> one = {Tensor::full({5}, 1.0f).to(device), Tensor::full({3}, bad).to(device)};
      sum_of_squares(one, sum);
      CHECK_FALSE(std::isfinite(sum.to(Device::cpu).span<float>()[0]));
    }
  }
}

TEST_CASE("reduce: the same bits on any number of threads") {
  for (const RowsCase& c : rows_cases) {
    INFO(c.name, " ", to_string(c.shape));
    const Tensor x = random_tensor(c.shape);
    check_thread_counts([&] {
      Tensor columns = poisoned({c.shape[-1]}), squares = poisoned({});
      column_sum(x, columns);
      sum_of_squares({&x, 1}, squares);
      return std::vector{columns, squares};
    });
  }
}

TEST_CASE("reduce: unfit shapes are named") {
  Tensor out = poisoned({3}), sum = poisoned({});
  CHECK_FAILS(column_sum(random_tensor({4, 2}), out), "column_sum: expected out");
  CHECK_FAILS(column_sum(Tensor(), out), "column_sum: expected x");
  CHECK_FAILS(column_sum(Tensor::zeros({4, 3}, DType::bf16), out),
              "column_sum: expected x of f32, or of bf16 on cuda");
  const std::vector<Tensor> undefined = {random_tensor({2}), Tensor()},
                            integers = {Tensor::zeros({2}, DType::i32)};
  CHECK_FAILS(sum_of_squares(undefined, sum), "sum_of_squares: expected a part");
  CHECK_FAILS(sum_of_squares(integers, sum), "sum_of_squares: expected a part");
  CHECK_FAILS(sum_of_squares({}, out), "sum_of_squares: expected sum");
}
