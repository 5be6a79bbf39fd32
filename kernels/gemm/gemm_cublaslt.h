// Matrix product by cuBLASLt, to compare with: gemm_cuda.cu hands over to it where gemm_engine() is cublaslt.
// Only in builds that found cuBLASLt.
#pragma once

#include "kernels/gemm/gemm.h"

namespace hypersphere::cublaslt {

#ifdef HYPERSPHERE_CUBLASLT
inline constexpr bool in_this_build = true;
#else
inline constexpr bool in_this_build = false;
#endif

/// As gemm in gemm.h, for tensors on cuda and a sum of at least one term. The first call for a shape, type
/// and precision times the algorithms that cuBLASLt proposes and keeps the fastest. Throws Error where
/// cuBLASLt reports one, has no algorithm, or would have to choose one while a graph is captured.
void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c);

}  // namespace hypersphere::cublaslt
