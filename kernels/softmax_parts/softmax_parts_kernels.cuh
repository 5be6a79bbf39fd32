// One block a row of a part's logits, one warp or thread a row elsewhere.
#pragma once

#include "kernels/cuda/warp_rows.cuh"
#include "kernels/softmax_cross_entropy/softmax_row.cuh"
#include "kernels/softmax_parts/class_range.h"

namespace hypersphere::cuda {

/// products[row] = x[row] . w[label] (over the length of w[label] where `unit`) + bias[label], null for no bias; one warp a row.
__global__ void label_products_kernel(const float* x, const float* w, const float* bias, bool unit,
                                      const std::int32_t* labels, std::int64_t rows, std::int64_t size,
                                      ClassRange range, float* products) {
  for_each_warp_row(rows, [&](std::int64_t row) {
    const std::int64_t label = labels[row];
    const std::int64_t place = label - range.first;
    double product = label >= 0 && label < range.all ? 0 : std::numeric_limits<double>::quiet_NaN();
    if (place >= 0 && place < range.count) {
      const float* direction = w + place * size;
      product = warp_dot(x + row * size, direction, size);
      if (unit) {
        const double square = warp_dot(direction, direction, size);
        product = square == 0 ? 0 : product / std::sqrt(square);
      }
      if (bias != nullptr) product += static_cast<double>(bias[place]);
    }
    if (threadIdx.x % warp_size == 0) products[row] = static_cast<float>(product);
  });
}

/// softmax_part_forward, one block a row.
__global__ void softmax_part_forward_kernel(const std::int32_t* labels, const float* plain,
                                            const float* target, std::int64_t first, std::int64_t classes,
                                            float* logits, float* largest, float* sum, std::int32_t* won) {
  HYPERSPHERE_SHARED(ExpSum, partial_sums, row_warps);
  HYPERSPHERE_SHARED(std::int32_t, partial_counts, row_warps);
  const std::int64_t row = blockIdx.x, place = labels[row] - first;
  float* in_out = logits + row * classes;
  const float mine = plain[row], changed = target[row];
  ExpSum all = no_exp_sum();
  std::int32_t beaten = 0;
  for (std::int64_t j = threadIdx.x; j < classes; j += blockDim.x) {
    if (j == place) {
      in_out[j] = changed;
      add_exp(changed, all);
      continue;
    }
    const float value = in_out[j];
    beaten += wins(mine, place, value, j) ? 1 : 0;
    add_exp(value, all);
  }
  beaten = block_sum(beaten, partial_counts);
  all = block_exp_sum(all, partial_sums);
  if (threadIdx.x > 0) return;
  largest[row] = all.largest;
  sum[row] = all.sum;
  won[row] = beaten;
}

/// log_sum[row], losses[row] and correct[row] of `parts` parts, one thread a row.
__global__ void softmax_parts_join_kernel(const float* target, const float* largest, const float* sum,
                                          const std::int32_t* won, std::int64_t parts, std::int64_t rows,
                                          std::int64_t classes, float* log_sum, float* losses,
                                          std::int32_t* correct) {
  for (std::int64_t row = grid_thread(); row < rows; row += grid_threads()) {
    ExpSum all = {largest[row], sum[row]};
    std::int64_t beaten = won[row];
    for (std::int64_t k = 1; k < parts; ++k) {
      all = joined(all, {largest[k * rows + row], sum[k * rows + row]});
      beaten += won[k * rows + row];
    }
    const float mine = target[row], log_of_sum = std::log(all.sum);
    // NaN for a label out of range, whose target is NaN: so the whole row of the gradient becomes that.
    log_sum[row] = std::isnan(mine) ? mine : all.largest + log_of_sum;
    losses[row] = log_of_sum - (mine - all.largest);
    correct[row] = beaten == classes - 1 ? 1 : 0;
  }
}

/// softmax_part_backward, one block a row.
__global__ void softmax_part_backward_kernel(const std::int32_t* labels, const float* target,
                                             const float* log_sum, const float* dloss, std::int64_t first,
                                             std::int64_t classes, float* logits) {
  const std::int64_t row = blockIdx.x, place = labels[row] - first;
  const float factor = *dloss / static_cast<float>(gridDim.x), all = log_sum[row];
  float* in_out = logits + row * classes;
  for (std::int64_t j = threadIdx.x; j < classes; j += blockDim.x)
    in_out[j] = factor * (j == place ? std::exp(target[row] - all) - 1 : std::exp(in_out[j] - all));
}

}  // namespace hypersphere::cuda
