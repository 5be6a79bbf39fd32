// What the whole program computes with on the CUDA device. Set before the first kernel; in every build.
#pragma once

#include <string>

namespace hypersphere::cuda {

/// What products of f32 numbers are computed in: as they are, or rounded to tf32 (10 bits of fraction) and multiplied on
/// the tensor cores. Sums are f32 in both cases. Products of bf16 numbers do not depend on it.
enum class MatrixPrecision { fp32, tf32 };
/// fp32 at the start.
MatrixPrecision matrix_precision();
void set_matrix_precision(MatrixPrecision precision);

/// Whose kernels compute convolutions: this program's, or cuDNN's for comparison.
enum class ConvEngine { native, cudnn };
/// native at the start.
ConvEngine conv_engine();
/// Throws Error for cudnn where cudnn_unavailable().
void set_conv_engine(ConvEngine engine);
/// Empty where cuDNN can be used; else one line that says why not.
const std::string& cudnn_unavailable();

/// Whose kernels compute matrix products: this program's, or cuBLASLt's for comparison.
enum class GemmEngine { native, cublaslt };
/// native at the start.
GemmEngine gemm_engine();
/// Throws Error for cublaslt where cublaslt_unavailable().
void set_gemm_engine(GemmEngine engine);
/// Empty where cuBLASLt can be used; else one line that says why not.
const std::string& cublaslt_unavailable();

}  // namespace hypersphere::cuda
