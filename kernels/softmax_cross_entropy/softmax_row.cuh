// A row of logits under a whole block: what the kernels of this folder and those of a_softmax share.
#pragma once

#include <cmath>
#include <limits>

#include "kernels/cuda/device.cuh"
#include "kernels/softmax_cross_entropy/row_results.h"

namespace hypersphere::cuda {

/// Sum of exp(x - largest) over the values seen so far, of which `largest` is the largest: one pass finds
/// both (Milakov, Gimelshein: "Online normalizer calculation for softmax", arXiv 1805.02867).
struct ExpSum {
  float largest, sum;
};

__device__ __forceinline__ ExpSum no_exp_sum() { return {-std::numeric_limits<float>::infinity(), 0}; }

__device__ __forceinline__ void add_exp(float value, ExpSum& all) {
  if (value > all.largest) {
    all.sum = all.sum * std::exp(all.largest - value) + 1;
    all.largest = value;
  } else if (value !=
             -std::numeric_limits<float>::infinity()) {  // which adds nothing, and is not to meet another one
    all.sum += std::exp(value - all.largest);            // a NaN comes here and makes the sum NaN
  }
}

__device__ __forceinline__ ExpSum joined(ExpSum a, ExpSum b) {
  const float largest = b.largest > a.largest ? b.largest : a.largest;
  const auto moved = [largest](ExpSum one) {
    return one.largest == largest ? one.sum : one.sum * std::exp(one.largest - largest);
  };
  return {largest, moved(a) + moved(b)};
}

/// The sum over all threads of a block, in a fixed order, the same in every thread; NaN where a value was NaN
/// or +infinity. `partial` as for block_sum().
__device__ __forceinline__ ExpSum block_exp_sum(ExpSum all, ExpSum* partial) {
  for (unsigned offset = warp_size / 2; offset > 0; offset /= 2) {
    const float largest = __shfl_xor_sync(whole_warp, all.largest, offset);
    const float sum = __shfl_xor_sync(whole_warp, all.sum, offset);
    all = joined(all, {largest, sum});
  }
  // The lanes' sums may differ in the last bit, as each takes its own for the first of the two.
  if (threadIdx.x % warp_size == 0) partial[threadIdx.x / warp_size] = all;
  __syncthreads();
  all = partial[0];
  for (unsigned w = 1; w < blockDim.x / warp_size; ++w) all = joined(all, partial[w]);
  if (all.largest == std::numeric_limits<float>::infinity())
    all.sum = std::numeric_limits<float>::quiet_NaN();
  return all;
}

/// Whether `target`, which stands at `label`, wins against `other`, which stands at `j`: of equal ones the
/// first counts, and a NaN neither wins nor loses.
__device__ __forceinline__ bool wins(float target, std::int64_t label, float other, std::int64_t j) {
  return j < label ? target > other : target >= other;
}

}  // namespace hypersphere::cuda
