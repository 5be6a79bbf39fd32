// One block a row. A label out of range makes NaN and is never used as an index.
#pragma once

#include "kernels/softmax_cross_entropy/softmax_row.cuh"

namespace hypersphere::cuda {

/// Writes the row's probabilities and losses[row] = -log of the label's; probabilities may be logits.
__global__ void softmax_cross_entropy_forward_kernel(const float* logits, const std::int32_t* labels,
                                                     std::int64_t classes, float* probabilities,
                                                     float* losses) {
  HYPERSPHERE_SHARED(ExpSum, partial, row_warps);
  const std::int64_t row = blockIdx.x, label = labels[row];
  const float* in = logits + row * classes;
  float* out = probabilities + row * classes;
  const bool valid = label >= 0 && label < classes;
  const float target = valid ? in[label] : std::numeric_limits<float>::quiet_NaN();
  ExpSum mine = no_exp_sum();
  for (std::int64_t j = threadIdx.x; j < classes; j += blockDim.x) add_exp(in[j], mine);
  const ExpSum all =
      block_exp_sum(mine, partial);  // with a barrier between reading `target` and writing over it
  const float factor = 1 / all.sum;
  for (std::int64_t j = threadIdx.x; j < classes; j += blockDim.x)
    out[j] = std::exp(in[j] - all.largest) * factor;
  if (threadIdx.x == 0) losses[row] = std::log(all.sum) - (target - all.largest);
}

/// dlogits = dloss / batch (p - [j = label]); dlogits may be p.
__global__ void softmax_cross_entropy_backward_kernel(const float* probabilities, const std::int32_t* labels,
                                                      const float* dloss, std::int64_t classes,
                                                      float* dlogits) {
  const std::int64_t row = blockIdx.x, label = labels[row];
  const bool valid = label >= 0 && label < classes;
  const float factor =
      valid ? *dloss / static_cast<float>(gridDim.x) : std::numeric_limits<float>::quiet_NaN();
  const float* p = probabilities + row * classes;
  float* out = dlogits + row * classes;
  for (std::int64_t j = threadIdx.x; j < classes; j += blockDim.x)
    out[j] = factor * (j == label ? p[j] - 1 : p[j]);
}

/// correct[row] = 1 where the label's entry is the largest, else 0.
__global__ void row_correct_kernel(const float* logits, const std::int32_t* labels, std::int64_t classes,
                                   std::int32_t* correct) {
  HYPERSPHERE_SHARED(std::int32_t, partial, row_warps);
  const std::int64_t row = blockIdx.x, label = labels[row];
  const float* in = logits + row * classes;
  const bool valid = label >= 0 && label < classes;
  const float target = valid ? in[label] : std::numeric_limits<float>::quiet_NaN();
  std::int32_t won = 0;
  for (std::int64_t j = threadIdx.x; j < classes; j += blockDim.x)
    won += wins(target, label, in[j], j) ? 1 : 0;
  won = block_sum(won, partial);
  if (threadIdx.x == 0) correct[row] = won == classes ? 1 : 0;
}

inline constexpr unsigned join_block = 256;

/// row_results.h, join_rows, by one block; null for undefined.
__global__ void __launch_bounds__(join_block)
    join_rows_kernel(const float* row_losses, const std::int32_t* row_correct, std::int64_t batch,
                     float* loss, std::int32_t* correct) {
  HYPERSPHERE_SHARED(double, partial_loss, join_block / warp_size);
  HYPERSPHERE_SHARED(std::int32_t, partial_correct, join_block / warp_size);
  double sum = 0;
  std::int32_t count = 0;
  for (std::int64_t row = threadIdx.x; row < batch; row += join_block) {
    if (row_losses != nullptr) sum += static_cast<double>(row_losses[row]);
    if (row_correct != nullptr) count += row_correct[row];
  }
  sum = block_sum(sum, partial_loss);
  count = block_sum(count, partial_correct);
  if (threadIdx.x > 0) return;
  if (row_losses != nullptr) *loss = static_cast<float>(sum / static_cast<double>(batch));
  if (row_correct != nullptr) *correct = count;
}

}  // namespace hypersphere::cuda
