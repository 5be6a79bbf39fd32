#include "kernels/cuda/settings.h"

#include <doctest/doctest.h>

#include "tests/kernels/checks.h"

namespace hypersphere {

TEST_CASE("settings: the defaults, a change, and an engine that is not there") {
  CHECK(cuda::matrix_precision() == cuda::MatrixPrecision::fp32);
  cuda::set_matrix_precision(cuda::MatrixPrecision::tf32);
  CHECK(cuda::matrix_precision() == cuda::MatrixPrecision::tf32);
  cuda::set_matrix_precision(cuda::MatrixPrecision::fp32);

  CHECK(cuda::conv_engine() == cuda::ConvEngine::native);
  CHECK(cuda::gemm_engine() == cuda::GemmEngine::native);
  if (!cuda::cudnn_unavailable().empty())
    CHECK_FAILS(cuda::set_conv_engine(cuda::ConvEngine::cudnn), cuda::cudnn_unavailable().c_str());
  if (!cuda::cublaslt_unavailable().empty())
    CHECK_FAILS(cuda::set_gemm_engine(cuda::GemmEngine::cublaslt), cuda::cublaslt_unavailable().c_str());
  CHECK(cuda::conv_engine() == cuda::ConvEngine::native);
  CHECK(cuda::gemm_engine() == cuda::GemmEngine::native);
}

}  // namespace hypersphere
