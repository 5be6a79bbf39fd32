// The only file with inline PTX: instructions that CUDA C++ has no name for. Names, operands and the layout of fragments
// are those of the PTX ISA (sections "cp.async", "ldmatrix" and "mma"); the emulator of the tests has the same functions
// in plain C++, where each layout is written out.
#pragma once

#include "kernels/cuda/device.cuh"

#ifndef __CUDACC__
#include "emulator/ptx.h"
#else

namespace hypersphere::cuda {

__device__ __forceinline__ std::uint32_t shared_address(const void* p) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
}

/// Starts a copy of `bytes` (4, 8 or 16) bytes from global to shared memory, past the registers; writes zeros where
/// `valid` is false, and then does not read. Both addresses are multiples of `bytes`. The copy belongs to the group that
/// the thread's next copy_async_commit() closes.
template <int bytes>
__device__ __forceinline__ void copy_async(void* shared, const void* global, bool valid) {
  const int source_bytes = valid ? bytes : 0;
  if constexpr (bytes == 16)  // .cg: past the first-level cache, which has no second use for it
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global),
                 "r"(source_bytes)
                 : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(shared_address(shared)), "l"(global),
                 "n"(bytes), "r"(source_bytes)
                 : "memory");
}
__device__ __forceinline__ void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most `left` of the thread's groups are under way.
template <int left>
__device__ __forceinline__ void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(left) : "memory");
}

/// Four 8 x 8 matrices of 16-bit elements. Lane 8 i + r gives the address of row r of matrix i (16 bytes); lane l
/// receives in registers[i] the elements 2 (l mod 4) and 2 (l mod 4) + 1 of row l / 4.
__device__ __forceinline__ void load_matrices(std::uint32_t (&registers)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"(shared_address(row))
               : "memory");
}
/// The same of the transposed matrices.
__device__ __forceinline__ void load_matrices_transposed(std::uint32_t (&registers)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
               : "r"(shared_address(row))
               : "memory");
}

/// sums += a b for a 16 x 16 and b 16 x 8, bf16, sums 16 x 8 f32: mma.m16n8k16.
__device__ __forceinline__ void multiply_bf16(float (&sums)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                              std::uint32_t b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
/// sums += a b for a 16 x 8 and b 8 x 8, tf32, sums 16 x 8 f32: mma.m16n8k8.
__device__ __forceinline__ void multiply_tf32(float (&sums)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                              std::uint32_t b1) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// The bits of a float rounded to tf32 (10 bits of fraction), to nearest; the multiplication alone would cut them off.
__device__ __forceinline__ std::uint32_t round_to_tf32(std::uint32_t bits) {
  std::uint32_t rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(__uint_as_float(bits)));
  return rounded;
}

/// Two floats rounded to bf16, `low` in the lower half.
__device__ __forceinline__ std::uint32_t pack_bf16(float low, float high) {
  std::uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

}  // namespace hypersphere::cuda

#endif
