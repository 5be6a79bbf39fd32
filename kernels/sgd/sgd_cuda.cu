#include "kernels/sgd/sgd.h"
#include "kernels/sgd/sgd_kernels.cuh"

namespace hypersphere::cuda {

void sgd_update(std::span<const SgdParameter> parameters, SgdOptions options, const Tensor& guard) {
  const float* guard_data = guard.defined() ? guard.data<float>() : nullptr;
  const std::int64_t guard_size = guard.defined() ? guard.size() : 0;
  for_each_chunk_list<SgdEntry>(
      [&](const auto& add) {
        for (const SgdParameter& one : parameters) {
          Tensor w = one.w, v = one.v;
          add(SgdEntry{w.data<float>(), v.data<float>(), one.g.data<float>(),
                       options.learning_rate * one.rate_multiplier,
                       options.weight_decay * one.decay_multiplier},
              w.size());
        }
      },
      [&](const ChunkList<SgdEntry>& list, int chunks) {
        launch({"sgd_update_kernel", {chunks}, sgd_block}, sgd_update_kernel, list, options.momentum,
               guard_data, guard_size);
      });
}

}  // namespace hypersphere::cuda
