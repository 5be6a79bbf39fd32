#include "kernels/cpu/parallel.h"
#include "kernels/sgd/sgd.h"

namespace hypersphere::cpu {

void sgd_update(const Tensor& g, SgdOptions options, Tensor& w, Tensor& v) {
  const float* pg = g.data<float>();
  float *pw = w.data<float>(), *pv = v.data<float>();
  const float rate = options.learning_rate, momentum = options.momentum, decay = options.weight_decay;
  parallel_for(w.size(), 1 << 14, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
    for (std::int64_t i = begin; i < end; ++i) {
      const float velocity = momentum * pv[i] + rate * (pg[i] + decay * pw[i]);
      pv[i] = velocity;
      pw[i] -= velocity;
    }
  });
}

}  // namespace hypersphere::cpu
