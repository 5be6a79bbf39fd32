// Kernels with a mistake each, and the same kernels without it: the template argument `bug` puts the mistake
// in. Without it they all hand their input on: out[t] = in[t] for one block of threads.
#pragma once

#include "kernels/cuda/ptx.cuh"

namespace hypersphere::cuda {

inline constexpr unsigned seeded_block = 64;

// ---- shared memory ----------------------------------------------------------------------------------------

template <bool bug>
__global__ void static_overrun_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  row[threadIdx.x + (bug ? 1 : 0)] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = row[threadIdx.x + (bug && threadIdx.x > 0 ? 1 : 0)];
}

template <bool bug>
__global__ void static_underrun_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  row[threadIdx.x] = in[threadIdx.x];
  if (bug && threadIdx.x == 7) row[static_cast<int>(threadIdx.x) - 8] = 0;
  __syncthreads();
  out[threadIdx.x] = row[threadIdx.x];
}

template <bool bug>
__global__ void dynamic_overrun_kernel(const float* in, float* out) {
  HYPERSPHERE_DYNAMIC_SHARED(bytes);
  float* const row = reinterpret_cast<float*>(bytes);
  row[threadIdx.x] = in[threadIdx.x];
  if (bug && threadIdx.x == 0) row[seeded_block] = 1;
  __syncthreads();
  out[threadIdx.x] = row[threadIdx.x];
}

// Reads one element too many: NaN, not a neighbour's value.
template <bool bug>
__global__ void overread_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  row[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = bug && threadIdx.x == seeded_block - 1 ? row[threadIdx.x + 1] : row[threadIdx.x];
}

template <bool bug>
__global__ void unwritten_shared_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  if (!bug || threadIdx.x != 9) row[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = row[threadIdx.x];
}

// ---- barriers ---------------------------------------------------------------------------------------------

// Twice through the shared array, with either barrier or neither: lacks the one between write and read, or
// the one between read and the next write.
template <bool bug, bool behind_write>
__global__ void missing_barrier_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  const unsigned t = threadIdx.x;
  float value = in[t];
  for (int pass = 0; pass < 2; ++pass) {
    row[seeded_block - 1 - t] = value;
    if (!(bug && behind_write)) __syncthreads();
    value = row[t];
    if (!(bug && !behind_write)) __syncthreads();
  }
  out[t] = value;
}

// A warp that passes values through shared memory without __syncwarp().
template <bool bug>
__global__ void missing_syncwarp_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  const unsigned t = threadIdx.x;
  row[t ^ 1] = in[t];
  if (!bug) __syncwarp();
  const float value = row[t];
  if (!bug) __syncwarp();
  row[t ^ 1] = value;
  if (!bug) __syncwarp();
  out[t] = row[t];
}

template <bool bug>
__global__ void divergent_exit_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  const unsigned t = threadIdx.x;
  if (bug && t >= 40) return;
  row[t] = in[t];
  __syncthreads();
  out[t] = row[t];
}

template <bool bug>
__global__ void late_divergent_exit_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  __syncthreads();
  out[t] = in[t];
  if (bug && t == 3) return;
  __syncthreads();
}

template <bool bug>
__global__ void divergent_barrier_kernel(const float* in, float* out) {
  out[threadIdx.x] = in[threadIdx.x];
  if (bug && threadIdx.x < 32)
    __syncthreads();
  else
    __syncthreads();
}

// In the second block, one lane waits for its warp, which waits for it in the barrier.
template <bool bug>
__global__ void deadlock_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  if (blockIdx.x == 1) out[t] = in[t];
  if (bug && blockIdx.x == 1 && t == 5) __syncwarp();
  __syncthreads();
  if (bug && blockIdx.x == 1 && t != 5 && t < 32) __syncwarp();
}

// ---- collectives ------------------------------------------------------------------------------------------

template <bool bug>
__global__ void caller_outside_of_mask_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  if (t % 32 < 16 || bug) out[t] = __shfl_xor_sync(0x0000ffffu, in[t], 0);
  if (t % 32 >= 16) out[t] = in[t];
}

template <bool bug>
__global__ void disagreeing_masks_kernel(const float* in, float* out) {
  const std::uint32_t mask = bug && threadIdx.x % 32 == 4 ? 0x7fffffffu : whole_warp;
  out[threadIdx.x] = __shfl_xor_sync(mask, in[threadIdx.x], 0);
}

template <bool bug>
__global__ void disagreeing_collectives_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  out[t] = in[t];
  if (bug && t % 32 == 4)
    __ballot_sync(whole_warp, 1);
  else
    __syncwarp();
}

template <bool bug>
__global__ void disagreeing_types_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  if (bug && t % 32 == 4)
    out[t] = static_cast<float>(__shfl_xor_sync(whole_warp, static_cast<double>(in[t]), 0));
  else
    out[t] = __shfl_xor_sync(whole_warp, in[t], 0);
}

template <bool bug>
__global__ void shuffle_from_outside_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  out[t] = in[t];
  if (t % 32 < 16) out[t] = __shfl_sync(0x0000ffffu, in[t], bug && t == 2 ? 16 : t);
}

// Lane 8 has ended when the others, who met without it first, ask for it.
template <bool bug>
__global__ void exit_before_collective_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  out[t] = in[t];
  if (bug && t % 32 == 8) return;
  if (t % 32 != 8) __syncwarp(~0x100u);
  __syncwarp();
}

// Lane 8 ends while the others wait for it.
template <bool bug>
__global__ void exit_during_collective_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  out[t] = in[t];
  if (t % 32 == 8 || t % 32 == 9) __syncwarp(0x300u);
  if (bug && t % 32 == 8) return;
  __syncwarp();
}

// ---- cp.async ---------------------------------------------------------------------------------------------

template <bool bug>
__global__ void missing_wait_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  const unsigned t = threadIdx.x;
  copy_async<4>(row + t, in + t, true);
  copy_async_commit();
  if (bug)
    copy_async_wait<1>();
  else
    copy_async_wait<0>();
  __syncthreads();
  out[t] = row[t];
  copy_async_wait<0>();
}

// The thread waits for its own copies, but not for those of the others.
template <bool bug>
__global__ void missing_barrier_behind_wait_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  const unsigned t = threadIdx.x;
  copy_async<4>(row + (seeded_block - 1 - t), in + (seeded_block - 1 - t), true);
  copy_async_commit();
  copy_async_wait<0>();
  if (!bug) __syncthreads();
  out[t] = row[t];
}

template <bool bug>
__global__ void copies_in_flight_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  const unsigned t = threadIdx.x;
  out[t] = in[t];
  copy_async<4>(row + t, in + t, true);
  copy_async_commit();
  copy_async_commit();  // an empty group need not be waited for
  if (!bug) copy_async_wait<1>();
}

// Two stages of a pipeline over eight chunks: stage i % 2 is read while the next one is filled. The mistake
// is to refill a stage that other threads still read.
template <bool bug>
__global__ void pipeline_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, stages, 2 * seeded_block);
  constexpr unsigned chunks = 8;
  const unsigned t = threadIdx.x;
  const auto fill = [&](unsigned chunk) {
    const unsigned element = chunk * seeded_block / chunks + t % (seeded_block / chunks);
    copy_async<4>(stages + chunk % 2 * seeded_block + t, in + element, true);
    copy_async_commit();
  };
  fill(0);
  for (unsigned chunk = 0; chunk < chunks; ++chunk) {
    if (chunk + 1 < chunks) {
      fill(chunk + 1);
      copy_async_wait<1>();
    } else {
      copy_async_wait<0>();
    }
    __syncthreads();
    if (t / (seeded_block / chunks) == chunk) {
      const unsigned copied_by = (seeded_block - 1 - t) / 8 * 8 + t % 8;  // another thread, the same element
      out[t] = stages[chunk % 2 * seeded_block + copied_by];
    }
    if (!bug) __syncthreads();  // before the next pass fills this stage again
  }
}

template <bool bug>
__global__ void copy_outside_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block);
  const unsigned t = threadIdx.x;
  copy_async<4>(row + (bug ? t + 1 : t), in + t, true);
  copy_async_commit();
  copy_async_wait<0>();
  __syncthreads();
  out[t] = row[t];
}

// ---- alignment --------------------------------------------------------------------------------------------

template <bool bug>
__global__ void misaligned_load_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  const auto pair = load_vector<float2>(in + t / 2 * 2 + (bug ? 1 : 0));
  out[t] = t % 2 == 0 ? pair.x : pair.y;
}

template <bool bug>
__global__ void misaligned_store_kernel(const float* in, float* out) {
  const unsigned t = threadIdx.x;
  if (t % 4 == 0) store_vector(out + t + (bug ? 2 : 0), float4{in[t], in[t + 1], in[t + 2], in[t + 3]});
}

template <bool bug, bool of_source>
__global__ void misaligned_copy_kernel(const float* in, float* out) {
  HYPERSPHERE_SHARED(float, row, seeded_block + 4);
  const unsigned t = threadIdx.x;
  if (t % 4 == 0)
    copy_async<16>(row + t + (bug && !of_source ? 2 : 0), in + t - (bug && of_source && t == 8 ? 1 : 0),
                   true);
  copy_async_commit();
  copy_async_wait<0>();
  __syncthreads();
  out[t] = row[t];
}

// Dynamic shared memory is a multiple of 128 bytes and of no more.
template <bool bug>
__global__ void assumed_alignment_kernel(const float* in, float* out) {
  HYPERSPHERE_DYNAMIC_SHARED(bytes);
  const auto address = reinterpret_cast<std::uintptr_t>(bytes);
  constexpr std::uintptr_t assumed = bug ? 256 : 128;
  out[threadIdx.x] = address % assumed == 0 ? in[threadIdx.x] : 0;
}

}  // namespace hypersphere::cuda
