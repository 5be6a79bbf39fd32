#include "kernels/cuda/settings.h"

#include <atomic>

#include "tensor/cuda_memory.h"
#include "tensor/error.h"

namespace hypersphere::cuda {
namespace {

std::atomic<MatrixPrecision> precision_in_use = MatrixPrecision::fp32;
std::atomic<ConvEngine> engine_in_use = ConvEngine::native;
std::atomic<GemmEngine> gemm_engine_in_use = GemmEngine::native;

}  // namespace

MatrixPrecision matrix_precision() { return precision_in_use; }

void set_matrix_precision(MatrixPrecision precision) { precision_in_use = precision; }

ConvEngine conv_engine() { return engine_in_use; }

void set_conv_engine(ConvEngine engine) {
  expect(engine == ConvEngine::native || cudnn_unavailable().empty(), "cuDNN cannot be used: {}",
         cudnn_unavailable());
  engine_in_use = engine;
}

const std::string& cudnn_unavailable() {
#ifdef HYPERSPHERE_CUDNN
  return unavailable();
#else
  static const std::string reason = "this build has no cuDNN engine";
  return reason;
#endif
}

GemmEngine gemm_engine() { return gemm_engine_in_use; }

void set_gemm_engine(GemmEngine engine) {
  expect(engine == GemmEngine::native || cublaslt_unavailable().empty(), "cuBLASLt cannot be used: {}",
         cublaslt_unavailable());
  gemm_engine_in_use = engine;
}

const std::string& cublaslt_unavailable() {
#ifdef HYPERSPHERE_CUBLASLT
  return unavailable();
#else
  static const std::string reason = "this build has no cuBLASLt engine";
  return reason;
#endif
}

}  // namespace hypersphere::cuda
