#include "kernels/reduce/reduce.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

TEST_CASE("reduce: sums agree with the oracle") {
  for (const Device device : devices())
    for (const RowsCase& c : rows_cases) {
      INFO(c.name, " ", to_string(c.shape), " on ", std::string(to_string(device)));
      const std::int64_t channels = c.shape[-1];
      const Tensor x = random_tensor(c.shape);
      const Values vx = to_double(x);
      Tensor sums = poisoned({channels}).to(device);
      column_sum(x.to(device), sums);
      CHECK(error_of(sums, reference::column_sum(vx, channels)) < bound);
      const double squares = reference::dot(vx, vx);
      CHECK(std::abs(sum_of_squares(x.to(device)) - squares) <= 1e-12 * squares);
      CHECK(all_finite(x.to(device)));

      check_thread_counts([&] {
        Tensor out = poisoned({channels});
        column_sum(x, out);
        return std::vector{out};
      });
      const int threads = cpu::thread_count();
      const double shared = sum_of_squares(x);
      cpu::set_thread_count(1);
      CHECK(sum_of_squares(x) == shared);
      cpu::set_thread_count(threads);
    }
}

TEST_CASE("reduce: one bad element is found wherever it stands") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const std::int64_t size : {1, 5, 16, 16385, 50001})
    for (const float bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()})
      for (const std::int64_t place : {std::int64_t{0}, size / 2, size - 1}) {
        Tensor x = Tensor::full({size}, std::numeric_limits<float>::max());
        CHECK(all_finite(x));
        x.data<float>()[place] = bad;
        INFO(bad, " at ", place, " of ", size);
        CHECK_FALSE(all_finite(x));
      }
}

TEST_CASE("reduce: unfit shapes are named") {
  Tensor out = poisoned({3});
  CHECK_FAILS(column_sum(random_tensor({4, 2}), out), "column_sum: expected out");
  CHECK_FAILS(column_sum(Tensor(), out), "column_sum: expected x");
  CHECK_FAILS(sum_of_squares(Tensor()), "sum_of_squares: expected x");
  CHECK_FAILS(all_finite(Tensor::zeros({2}, DType::i32)), "all_finite: expected x");
}
