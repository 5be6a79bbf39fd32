#include "kernels/gemm/gemm.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/simd_targets.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  std::int64_t m, n, k;
};

const Case cases[] = {
    {"one element", 1, 1, 1},
    {"one column of b", 37, 1, 19},
    {"one row of a", 1, 37, 19},
    {"an outer product", 23, 41, 1},
    {"ragged, small", 5, 7, 3},
    {"ragged", 33, 65, 127},
    {"multiples of the tile", 48, 64, 64},
    {"one past the tile", 49, 65, 65},
    {"a long sum", 3, 17, 5003},
    {"many rows", 1031, 18, 20},
    {"many columns", 6, 3973, 32},
    {"an empty sum", 3, 4, 0},
    {"fc5 forward, batch 2", 2, 512, 21504},
    {"many columns from a short sum, as fc5 backward weight", 512, 4301, 2},
};

Tensor matrix(std::int64_t rows, std::int64_t columns, bool transposed) {
  return transposed ? random_tensor({columns, rows}) : random_tensor({rows, columns});
}

}  // namespace

TEST_CASE("gemm: every transposition and beta agrees with the oracle") {
  for (const Device device : devices())
    for (const Case& c : cases)
      for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
          INFO(c.name, ": ", c.m, " x ", c.n, " x ", c.k, " transposed ", ta, " ", tb, " on ",
               std::string(to_string(device)));
          const Transpose transpose_a = ta ? Transpose::yes : Transpose::no;
          const Transpose transpose_b = tb ? Transpose::yes : Transpose::no;
          const Tensor a = matrix(c.m, c.k, ta).to(device), b = matrix(c.k, c.n, tb).to(device);
          const Tensor before = random_tensor({c.m, c.n});
          const Values va = to_double(a), vb = to_double(b), vc = to_double(before);
          const reference::Gemm oracle{c.m, c.n, c.k, ta, tb};
          for (const float beta : {0.0f, 1.0f, -0.5f}) {
            INFO("beta ", beta);
            const Expected wanted = expected(c.m * c.n, [&](std::int64_t i) {
              return oracle.result_at(va, vb, static_cast<double>(beta), vc, i);
            });
            const auto run = [&] {
              Tensor result = (beta == 0 ? poisoned({c.m, c.n}) : before.clone()).to(device);
              gemm(transpose_a, transpose_b, a, b, beta, result);
              return std::vector{result};
            };
            for_each_simd_target([&] { CHECK(error_of(run().front(), wanted) < bound); });
            check_thread_counts(run);
          }
        }
}

TEST_CASE("gemm: unfit shapes are named") {
  const Tensor a = random_tensor({2, 3}), b = random_tensor({3, 4});
  Tensor c = poisoned({2, 4}), wrong = poisoned({4, 2});
  CHECK_FAILS(gemm(Transpose::no, Transpose::no, a, b, 0, wrong), "gemm: ");
  CHECK_FAILS(gemm(Transpose::yes, Transpose::no, a, b, 0, c), "gemm: ");
  CHECK_FAILS(gemm(Transpose::no, Transpose::yes, a, b, 0, c), "gemm: ");
  CHECK_FAILS(gemm(Transpose::no, Transpose::no, Tensor(), b, 0, c), "gemm: ");
  CHECK_FAILS(gemm(Transpose::no, Transpose::no, a, random_tensor({12}), 0, c), "gemm: ");
  CHECK_FAILS(gemm(Transpose::no, Transpose::no, a, Tensor::zeros({3, 4}, DType::i32), 0, c), "gemm: ");
}
