// `omp simd` rather than __restrict wherever the header allows in-place use: it tells the compiler that no
// iteration depends on another, which is true also when an output is an input.
#include <algorithm>

#include "kernels/cpu/parallel.h"
#include "kernels/elementwise/elementwise.h"

namespace hypersphere::cpu {
namespace {
constexpr std::int64_t grain = 1 << 14;  // elements that are worth a thread
}

void add(const Tensor& a, const Tensor& b, Tensor& out) {
  const float *pa = a.data<float>(), *pb = b.data<float>();
  float* po = out.data<float>();
  parallel_for(out.size(), grain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) po[i] = pa[i] + pb[i];
  });
}

void add_bias(const Tensor& bias, Tensor& y) {
  const std::int64_t channels = bias.size();
  if (channels == 0) return;
  const float* pb = bias.data<float>();
  float* py = y.data<float>();
  parallel_for(y.size() / channels, std::max<std::int64_t>(1, grain / channels),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = begin; r < end; ++r) {
                   float* row = py + r * channels;
#pragma omp simd
                   for (std::int64_t c = 0; c < channels; ++c) row[c] += pb[c];
                 }
               });
}

void scale(float factor, Tensor& x) {
  float* px = x.data<float>();
  parallel_for(x.size(), grain, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) px[i] *= factor;
  });
}

void fill(float value, Tensor& x) { std::ranges::fill(x.span<float>(), value); }

void convert(const Tensor& from, Tensor& to) {
  const std::int64_t count = from.size();
  if (from.dtype() == to.dtype()) {
    to.copy_from(from);
  } else if (from.dtype() == DType::f32) {
    const float* source = from.data<float>();
    Bf16* target = to.data<Bf16>();
    parallel_for(count, grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) target[i] = to_bf16(source[i]);
    });
  } else {
    const Bf16* source = from.data<Bf16>();
    float* target = to.data<float>();
    parallel_for(count, grain, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) target[i] = to_float(source[i]);
    });
  }
}

}  // namespace hypersphere::cpu
