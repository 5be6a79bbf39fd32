// What a kernel with one block a row of logits leaves for each row, and its launch.
#pragma once

#include <algorithm>

#include "kernels/cuda/launch.h"
#include "tensor/tensor.h"

namespace hypersphere::cuda {

/// Warps a row, at most; and threads for a row of `classes` entries: some eight entries each.
inline constexpr unsigned row_warps = 16;
inline unsigned row_threads(std::int64_t classes) {
  return 32 * static_cast<unsigned>(std::clamp<std::int64_t>(divide_up(classes, 32 * 8), 1, row_warps));
}

/// loss = the mean of row_losses f32 [B]; correct = the sum of row_correct i32 [B]. Either pair may be
/// undefined.
void join_rows(const Tensor& row_losses, const Tensor& row_correct, Tensor loss, Tensor correct);

}  // namespace hypersphere::cuda
