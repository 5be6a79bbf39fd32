#include <algorithm>
#include <cmath>

#include "kernels/cpu/parallel.h"
#include "kernels/sgd/sgd.h"

namespace hypersphere::cpu {
namespace {

void update(const SgdParameter& parameter, SgdOptions options) {
  Tensor w = parameter.w, v = parameter.v;
  const float* pg = parameter.g.data<float>();
  float *pw = w.data<float>(), *pv = v.data<float>();
  const float rate = options.learning_rate * parameter.rate_multiplier, momentum = options.momentum;
  const float decay = options.weight_decay * parameter.decay_multiplier;
  parallel_for(w.size(), 1 << 14, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const float velocity = momentum * pv[i] + rate * (pg[i] + decay * pw[i]);
      pv[i] = velocity;
      pw[i] -= velocity;
    }
  });
}

}  // namespace

void sgd_update(std::span<const SgdParameter> parameters, SgdOptions options, const Tensor& guard) {
  if (guard.defined() &&
      !std::ranges::all_of(guard.span<float>(), [](float value) { return std::isfinite(value); }))
    return;
  for (const SgdParameter& parameter : parameters) update(parameter, options);
}

}  // namespace hypersphere::cpu
