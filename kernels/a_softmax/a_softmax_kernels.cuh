#pragma once

#include "kernels/a_softmax/psi.cuh"
#include "kernels/cuda/warp_rows.cuh"
#include "kernels/softmax_cross_entropy/softmax_row.cuh"

namespace hypersphere::cuda {

/// unit may be v.
__global__ void normalise_rows_kernel(const float* v, std::int64_t rows, std::int64_t size, float* unit,
                                      float* length) {
  for_each_warp_row(rows, [&](std::int64_t row) {
    const float* in = v + row * size;
    const double norm = std::sqrt(warp_dot(in, in, size)), factor = norm == 0 ? 0 : 1 / norm;
    const unsigned lane = threadIdx.x % warp_size;
    if (lane == 0) length[row] = static_cast<float>(norm);
    for (std::int64_t i = lane; i < size; i += warp_size)
      unit[row * size + i] = static_cast<float>(static_cast<double>(in[i]) * factor);
  });
}

/// dv may be dunit.
__global__ void normalise_rows_backward_kernel(const float* unit, const float* length, const float* dunit,
                                               std::int64_t rows, std::int64_t size, float* dv) {
  for_each_warp_row(rows, [&](std::int64_t row) {
    const float *u = unit + row * size, *g = dunit + row * size;
    const float along = static_cast<float>(warp_dot(g, u, size)), norm = length[row], factor = 1 / norm;
    for (std::int64_t i = threadIdx.x % warp_size; i < size; i += warp_size)
      dv[row * size + i] = norm == 0 ? 0 : (g[i] - along * u[i]) * factor;
  });
}

/// dx[b] += radial[b] x[b].
__global__ void add_scaled_rows_kernel(const float* radial, const float* x, std::int64_t rows,
                                       std::int64_t size, float* dx) {
  for_each_warp_row(rows, [&](std::int64_t row) {
    const float factor = radial[row];
    for (std::int64_t i = threadIdx.x % warp_size; i < size; i += warp_size)
      dx[row * size + i] += factor * x[row * size + i];
  });
}

/// What the kernels below share of a batch. A label out of range makes NaN and is never used as an index.
struct MarginBatch {
  const std::int32_t* labels;
  const float* x_length;
  std::int64_t batch, classes;
  int margin;
  float lambda;
  bool normalised;  // MarginGradient::sphereface

  __device__ __forceinline__ bool valid(std::int64_t label) const { return label >= 0 && label < classes; }
};

/// a_softmax_forward, one thread a row.
__global__ void a_softmax_forward_kernel(const MarginBatch rows, float* logits, float* cosine) {
  for (std::int64_t row = grid_thread(); row < rows.batch; row += grid_threads()) {
    const std::int64_t label = rows.labels[row];
    if (!rows.valid(label)) {
      cosine[row] = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    float& logit = logits[row * rows.classes + label];
    const MarginLogit changed = with_margin(logit, rows.x_length[row], rows.margin, rows.lambda);
    cosine[row] = changed.cosine;
    logit = changed.logit;
  }
}

/// a_softmax_target_gradient, one thread a row.
__global__ void a_softmax_target_gradient_kernel(const MarginBatch rows, const float* cosine, float* dlogits,
                                                 float* radial) {
  for (std::int64_t row = grid_thread(); row < rows.batch; row += grid_threads()) {
    const std::int64_t label = rows.labels[row];
    if (!rows.valid(label)) {
      radial[row] = std::numeric_limits<float>::quiet_NaN();
      continue;
    }
    const MarginGradients by =
        margin_gradients(cosine[row], rows.x_length[row], rows.margin, rows.lambda, rows.normalised);
    float& g = dlogits[row * rows.classes + label];
    radial[row] = g * by.along_x;
    g *= by.along_w;
  }
}

/// a_softmax_margin, one thread a row.
__global__ void a_softmax_margin_kernel(const MarginBatch rows, const float* plain, float* cosine,
                                        float* target) {
  for (std::int64_t row = grid_thread(); row < rows.batch; row += grid_threads()) {
    const MarginLogit changed = with_margin(plain[row], rows.x_length[row], rows.margin, rows.lambda);
    cosine[row] = changed.cosine;
    target[row] = changed.logit;
  }
}

/// a_softmax_part_gradient, one thread a row; `rows.classes` are the part's.
__global__ void a_softmax_part_gradient_kernel(const MarginBatch rows, std::int64_t first,
                                               const float* cosine, float* dlogits, float* radial) {
  for (std::int64_t row = grid_thread(); row < rows.batch; row += grid_threads()) {
    const std::int64_t place = rows.labels[row] - first;
    if (!rows.valid(place)) continue;
    const MarginGradients by =
        margin_gradients(cosine[row], rows.x_length[row], rows.margin, rows.lambda, rows.normalised);
    float& g = dlogits[row * rows.classes + place];
    radial[row] = g * by.along_x;
    g *= by.along_w;
  }
}

/// Margin, softmax, losses[row] and correct[row], one block a row: the logits become the probabilities.
__global__ void a_softmax_loss_forward_kernel(const MarginBatch rows, float* logits, float* cosine,
                                              float* losses, std::int32_t* correct) {
  HYPERSPHERE_SHARED(ExpSum, partial_sums, row_warps);
  HYPERSPHERE_SHARED(std::int32_t, partial_counts, row_warps);
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const std::int64_t row = blockIdx.x, label = rows.labels[row];
  float* in_out = logits + row * rows.classes;
  const bool valid = rows.valid(label);
  const float plain = valid ? in_out[label] : nan;
  const MarginLogit target =
      valid ? with_margin(plain, rows.x_length[row], rows.margin, rows.lambda) : MarginLogit{nan, nan};
  ExpSum mine = no_exp_sum();
  std::int32_t won = 0;
  for (std::int64_t j = threadIdx.x; j < rows.classes; j += blockDim.x) {
    const float value = in_out[j];
    won += wins(plain, label, value, j) ? 1 : 0;
    add_exp(j == label ? target.logit : value, mine);
  }
  won = block_sum(won, partial_counts);
  const ExpSum all = block_exp_sum(mine, partial_sums);
  const float factor = 1 / all.sum;
  for (std::int64_t j = threadIdx.x; j < rows.classes; j += blockDim.x)
    in_out[j] = std::exp((j == label ? target.logit : in_out[j]) - all.largest) * factor;
  if (threadIdx.x > 0) return;
  cosine[row] = target.cosine;
  losses[row] = std::log(all.sum) - (target.logit - all.largest);
  correct[row] = won == rows.classes ? 1 : 0;
}

/// a_softmax_loss_gradient, one block a row: the probabilities become dlogits with the coefficient of w_y
/// applied.
__global__ void a_softmax_loss_gradient_kernel(const MarginBatch rows, const float* cosine,
                                               const float* dloss, float* probabilities, float* radial) {
  const std::int64_t row = blockIdx.x, label = rows.labels[row];
  const bool valid = rows.valid(label);
  const float factor =
      valid ? *dloss / static_cast<float>(rows.batch) : std::numeric_limits<float>::quiet_NaN();
  if (!valid && threadIdx.x == 0) radial[row] = factor;
  float* p = probabilities + row * rows.classes;
  for (std::int64_t j = threadIdx.x; j < rows.classes; j += blockDim.x) {
    if (j != label) {
      p[j] *= factor;
      continue;
    }
    const MarginGradients by =
        margin_gradients(cosine[row], rows.x_length[row], rows.margin, rows.lambda, rows.normalised);
    const float g = factor * (p[j] - 1);
    radial[row] = g * by.along_x;
    p[j] = g * by.along_w;
  }
}

}  // namespace hypersphere::cuda
