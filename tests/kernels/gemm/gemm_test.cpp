#include "kernels/gemm/gemm.h"

#include "tests/kernels/arithmetic.h"
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
    {"rows in tiles of two heights, sums in several blocks", 32, 131, 700},
    {"several blocks of rows and of sums", 221, 35, 523},
    {"fc5 forward, batch 2", 2, 512, 21504},
    {"many columns from a short sum, as fc5 backward weight", 512, 4301, 2},
};

Tensor matrix(const Arithmetic& arithmetic, std::int64_t rows, std::int64_t columns, bool transposed) {
  return transposed ? arithmetic.random({columns, rows}) : arithmetic.random({rows, columns});
}

}  // namespace

TEST_CASE("gemm: every transposition and beta agrees with the oracle") {
  for (const Arithmetic& arithmetic : arithmetics())
    for (const Case& c : cases)
      for (const bool ta : {false, true})
        for (const bool tb : {false, true}) {
          const std::int64_t work = c.m * c.n * c.k;
          // Of a small product, the emulator gets two betas; of a large one, one transposition and one beta.
          const bool emulated = is_emulated(arithmetic.device), cut = emulated && work > emulated_work;
          if (cut && (ta || !tb)) continue;
          INFO(c.name, ": ", c.m, " x ", c.n, " x ", c.k, " transposed ", ta, " ", tb, " in ",
               arithmetic.name());
          const Arithmetic::Scope scope(arithmetic);
          const Transpose transpose_a = ta ? Transpose::yes : Transpose::no;
          const Transpose transpose_b = tb ? Transpose::yes : Transpose::no;
          const Tensor a = matrix(arithmetic, c.m, c.k, ta), b = matrix(arithmetic, c.k, c.n, tb);
          const Tensor before = random_tensor({c.m, c.n});
          const Values va = to_double(a), vb = to_double(b), vc = to_double(before);
          const reference::Gemm oracle{c.m, c.n, c.k, ta, tb};
          for (const float beta : {0.0f, 1.0f, -0.5f}) {
            if ((emulated && beta == 1) || (cut && beta == 0)) continue;
            INFO("beta ", beta);
            const Expected wanted = expected(c.m * c.n, [&](std::int64_t i) {
              return oracle.result_at(va, vb, static_cast<double>(beta), vc, i);
            });
            const auto run = [&] {
              Tensor result = (beta == 0 ? poisoned({c.m, c.n}) : before.clone()).to(arithmetic.device);
              gemm(transpose_a, transpose_b, a, b, beta, result);
              return std::vector{result};
            };
            const auto check = [&] { CHECK(error_of(run().front(), wanted) < bound); };
            if (arithmetic.device == Device::cpu) {
              for_each_simd_target(check);
              check_thread_counts(run);
            } else {
              for_each_schedule(arithmetic.device, check, work);
            }
          }
        }
}

TEST_CASE("gemm: tf32 rounds its factors to 11 significant bits, to nearest") {
  for (const Arithmetic& arithmetic : arithmetics()) {
    if (arithmetic.precision != cuda::MatrixPrecision::tf32) continue;
    const Arithmetic::Scope scope(arithmetic);
    const Tensor a =
        Tensor::from<float>({1.0f + 0x1p-11f, 1.0f + 0x1.8p-11f, -1.0f - 0x1p-12f, 3.0f}, {4, 1});
    const Tensor b = Tensor::full({1, 1}, 1.0f);
    Tensor c = poisoned({4, 1}).to(arithmetic.device);
    gemm(Transpose::no, Transpose::no, a.to(arithmetic.device), b.to(arithmetic.device), 0, c);
    const Values wanted = {1.0 + 0x1p-10, 1.0 + 0x1p-10, -1.0, 3.0};
    CHECK(error_of(c, wanted) == 0);
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
