// Matrix product.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

enum class Transpose { no, yes };

/// c = op(a) op(b) + beta c, with op(x) = x or its transpose.
///   op(a): [m, k]   op(b): [k, n]   c: f32 [m, n]
/// a and b are f32, or on cuda both bf16; sums are f32.
/// With beta = 0, c may hold anything, NaN included. c must not overlap a or b. Sums run over k in a fixed
/// order, whatever the number of threads. Throws Error unless the shapes fit and all lie on one device. CPU
/// workspace: a packed copy of the factor that all threads share, or, where they share out its columns, some hundred KiB a
/// thread.
void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c);

namespace cpu {
void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c);
}

namespace cuda {
void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c);
}

}  // namespace hypersphere
