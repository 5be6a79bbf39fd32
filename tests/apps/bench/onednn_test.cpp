// That oneDNN is asked for the same as this program computes: else a ratio of speeds would mean nothing.
#include "apps/bench/onednn.h"

#include <doctest/doctest.h>

#include "kernels/gemm/gemm.h"
#include "tests/support.h"

namespace hypersphere::test {

TEST_CASE("onednn: every algorithm of a convolution gives this program's result, in every direction") {
  constexpr double bound = 1e-4;  // Winograd's transforms are allowed to round more than a plain sum
  for (const BenchLayer& layer : {BenchLayer{14, 12, 8, 16, 1, 1}, BenchLayer{14, 12, 3, 64, 2, 1},
                                  BenchLayer{7, 6, 64, 32, 2, 1}, BenchLayer{5, 9, 7, 5, 1, 1}}) {
    INFO("layer ", describe(layer));
    LayerWork work(layer, 2, {});
    Tensor* const results[3] = {&work.y, &work.dx, &work.dw};
    for (int d = 0; d < 3; ++d) {
      work.directions[d]();
      const auto primitives = onednn::convolutions(work, static_cast<cpu::ConvDirection>(d));
      CHECK(!primitives.empty());
      for (const auto& primitive : primitives) {
        INFO(LayerWork::direction_names[d], ", ", primitive->name());
        primitive->run();
        Tensor other = poisoned(results[d]->shape());
        primitive->copy_result(other);
        CHECK(relative_error(other.span<float>(), results[d]->span<float>()) < bound);
      }
    }
  }
}

TEST_CASE("onednn: a product is this program's") {
  const Tensor a = random_tensor({33, 70}), b = random_tensor({70, 17});
  Tensor expected = poisoned({33, 17}), found = poisoned({33, 17});
  gemm(Transpose::no, Transpose::no, a, b, 0, expected);
  const auto primitive = onednn::product(a, b);
  primitive->run();
  primitive->copy_result(found);
  CHECK(relative_error(found.span<float>(), expected.span<float>()) < 1e-5);
}

}  // namespace hypersphere::test
