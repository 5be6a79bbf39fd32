#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/peak.cpp"
#include <hwy/foreach_target.h>
// Highway's own header must follow.
#include <hwy/highway.h>

#include <algorithm>
#include <chrono>

#include "kernels/cpu/parallel.h"
#include "kernels/cpu/peak.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Twelve independent chains hide the latency of the multiply-add; returns operations done, and through
/// `sink` a value that depends on all of them, so that none is optimised away.
double multiply_add_chains(std::int64_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  using Vector = hn::Vec<decltype(d)>;
  const Vector factor = hn::Set(d, 0.999f), term = hn::Set(d, *sink);
  // Different starts, or the compiler would see twelve equal chains and compute one.
  const auto start = [&](float i) HWY_ATTR { return hn::Set(d, *sink + i); };
  Vector a0 = start(0), a1 = start(1), a2 = start(2), a3 = start(3), a4 = start(4), a5 = start(5);
  Vector a6 = start(6), a7 = start(7), a8 = start(8), a9 = start(9), a10 = start(10), a11 = start(11);
  for (std::int64_t i = 0; i < rounds; ++i) {
    a0 = hn::MulAdd(a0, factor, term), a1 = hn::MulAdd(a1, factor, term), a2 = hn::MulAdd(a2, factor, term);
    a3 = hn::MulAdd(a3, factor, term), a4 = hn::MulAdd(a4, factor, term), a5 = hn::MulAdd(a5, factor, term);
    a6 = hn::MulAdd(a6, factor, term), a7 = hn::MulAdd(a7, factor, term), a8 = hn::MulAdd(a8, factor, term);
    a9 = hn::MulAdd(a9, factor, term), a10 = hn::MulAdd(a10, factor, term),
    a11 = hn::MulAdd(a11, factor, term);
  }
  const Vector low = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), hn::Add(a4, a5));
  const Vector high = hn::Add(hn::Add(hn::Add(a6, a7), hn::Add(a8, a9)), hn::Add(a10, a11));
  *sink = hn::GetLane(hn::Add(low, high));
  return 12.0 * 2.0 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(rounds);
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(multiply_add_chains);

namespace cpu {

double measure_peak() {
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    double operations = 0;
    const auto begin = std::chrono::steady_clock::now();
#pragma omp parallel reduction(+ : operations)
    {
      float sink = 0.5f;
      operations += HWY_DYNAMIC_DISPATCH(multiply_add_chains)(std::int64_t{4} << 20, &sink);
      if (sink == 0.0f) operations = 0;  // never so; keeps the sums alive
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    best = std::max(best, operations / seconds);
  }
  return best;
}

}  // namespace cpu
}  // namespace hypersphere
#endif
