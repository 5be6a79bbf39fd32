#include <bit>

#include "kernels/prelu/prelu.h"
#include "kernels/reduce/row_chunks.h"

namespace hypersphere::cpu {
namespace {

/// `a` if value > 0, else `b`, by masks of bits: compilers do not make vector code of the plain choice,
/// because a comparison of floats may trap. (A positive NaN counts as positive; y is NaN in either case.)
float if_positive(float value, float a, float b) {
  const std::int32_t mask = -static_cast<std::int32_t>(std::bit_cast<std::int32_t>(value) > 0);
  return std::bit_cast<float>((std::bit_cast<std::int32_t>(a) & mask) |
                              (std::bit_cast<std::int32_t>(b) & ~mask));
}

}  // namespace

void prelu_forward(const Tensor& x, const Tensor& slope, Tensor& y) {
  const std::int64_t channels = slope.size();
  if (channels == 0) return;
  const float *px = x.data<float>(), *ps = slope.data<float>();
  float* py = y.data<float>();
  parallel_for(x.size() / channels, std::max<std::int64_t>(1, (1 << 14) / channels),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t r = begin; r < end; ++r) {
                   const float* in = px + r * channels;
                   float* out = py + r * channels;
#pragma omp simd  // y may be x
                   for (std::int64_t c = 0; c < channels; ++c) {
                     const float value = in[c];
                     out[c] = if_positive(value, value, ps[c] * value);
                   }
                 }
               });
}

void prelu_backward(const Tensor& x, const Tensor& slope, const Tensor& dy, Tensor& dx, Tensor& dslope) {
  const std::int64_t channels = slope.size();
  if (channels == 0) return;
  const float *px = x.data<float>(), *ps = slope.data<float>(), *pdy = dy.data<float>();
  float* pdx = dx.data<float>();
  const auto rows = [=](std::int64_t begin, std::int64_t end, float* __restrict sums) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float *in = px + r * channels, *grad = pdy + r * channels;
      float* out = pdx + r * channels;
#pragma omp simd  // dx may be dy
      for (std::int64_t c = 0; c < channels; ++c) {
        const float value = in[c], g = grad[c];
        out[c] = if_positive(value, g, ps[c] * g);
        sums[c] += if_positive(value, 0.0f, g * value);
      }
    }
  };
  sum_row_chunks(x.size() / channels, channels, dslope.data<float>(), rows);
}

}  // namespace hypersphere::cpu
