#include "kernels/gemm/gemm_cublaslt.h"

#include <cublasLt.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <utility>

#include "kernels/cuda/check.h"
#include "kernels/cuda/settings.h"
#include "kernels/cuda/timer.h"

namespace hypersphere::cublaslt {
namespace {

void check(cublasStatus_t status, const char* call,
           std::source_location where = std::source_location::current()) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail("{}: {} at {}:{}", call, cublasLtGetStatusString(status), where.file_name(), where.line());
}

// A matrix as cuBLASLt sees it, column after column: a row-major matrix is its transpose.
class Layout {
 public:
  Layout(DType dtype, const Shape& row_major) {
    const auto rows = static_cast<std::uint64_t>(row_major[1]),
               columns = static_cast<std::uint64_t>(row_major[0]);
    check(cublasLtMatrixLayoutCreate(&layout_, dtype == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F, rows, columns,
                                     row_major[1]),
          "cublasLtMatrixLayoutCreate");
  }
  Layout(Layout&& other) noexcept : layout_(std::exchange(other.layout_, nullptr)) {}
  ~Layout() {
    if (layout_ != nullptr) (void)cublasLtMatrixLayoutDestroy(layout_);
  }
  cublasLtMatrixLayout_t get() const { return layout_; }

 private:
  cublasLtMatrixLayout_t layout_ = nullptr;
};

class Operation {
 public:
  Operation(cublasComputeType_t arithmetic, bool transpose_first, bool transpose_second) {
    check(cublasLtMatmulDescCreate(&operation_, arithmetic, CUDA_R_32F), "cublasLtMatmulDescCreate");
    set(CUBLASLT_MATMUL_DESC_TRANSA, transpose_first);
    set(CUBLASLT_MATMUL_DESC_TRANSB, transpose_second);
  }
  Operation(Operation&& other) noexcept : operation_(std::exchange(other.operation_, nullptr)) {}
  ~Operation() {
    if (operation_ != nullptr) (void)cublasLtMatmulDescDestroy(operation_);
  }
  cublasLtMatmulDesc_t get() const { return operation_; }

 private:
  void set(cublasLtMatmulDescAttributes_t name, bool transpose) {
    const cublasOperation_t value = transpose ? CUBLAS_OP_T : CUBLAS_OP_N;
    check(cublasLtMatmulDescSetAttribute(operation_, name, &value, sizeof(value)),
          "cublasLtMatmulDescSetAttribute");
  }

  cublasLtMatmulDesc_t operation_ = nullptr;
};

constexpr std::uint64_t most_workspace = std::uint64_t{64} << 20;  // bytes

class Preference {
 public:
  // `alignment`: bytes that every address is a multiple of.
  explicit Preference(std::uint32_t alignment) {
    check(cublasLtMatmulPreferenceCreate(&preference_), "cublasLtMatmulPreferenceCreate");
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, most_workspace);
    for (const auto name :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      set(name, alignment);
  }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  ~Preference() { (void)cublasLtMatmulPreferenceDestroy(preference_); }
  cublasLtMatmulPreference_t get() const { return preference_; }

 private:
  template <class T>
  void set(cublasLtMatmulPreferenceAttributes_t name, T value) {
    check(cublasLtMatmulPreferenceSetAttribute(preference_, name, &value, sizeof(value)),
          "cublasLtMatmulPreferenceSetAttribute");
  }

  cublasLtMatmulPreference_t preference_ = nullptr;
};

// c = op(a) op(b) + beta c, row-major, is c' = op(b)' op(a)' + beta c' of the transposes, which are what
// cuBLASLt sees: `first` is b and `second` is a.
struct Product {
  Operation operation;
  Layout first, second, result;
  cublasLtMatmulAlgo_t algorithm = {};
  std::size_t workspace = 0;  // bytes

  cublasStatus_t try_run(cublasLtHandle_t handle, const Tensor& a, const Tensor& b, float beta,
                         Tensor& c) const {
    const float alpha = 1;
    Tensor scratch = Tensor::empty({std::max<std::int64_t>(static_cast<std::int64_t>(workspace), 1)},
                                   DType::u8, Device::cuda);
    return cublasLtMatmul(handle, operation.get(), &alpha, b.raw(), first.get(), a.raw(), second.get(), &beta,
                          c.raw(), result.get(), c.raw(), result.get(), &algorithm, scratch.raw(), workspace,
                          cuda::compute_stream());
  }
};

// Everything that the choice of an algorithm depends on.
using Key = std::array<std::int64_t, 9>;

class Engine {
 public:
  Engine() { check(cublasLtCreate(&handle_), "cublasLtCreate"); }

  void multiply(bool transpose_a, bool transpose_b, const Tensor& a, const Tensor& b, float beta, Tensor& c) {
    std::uint32_t alignment = 256;
    for (const void* p : {a.raw(), b.raw(), static_cast<const std::byte*>(c.raw())})
      while (reinterpret_cast<std::uintptr_t>(p) % alignment != 0) alignment /= 2;
    const Key key = {transpose_a,
                     transpose_b,
                     a.shape()[0],
                     a.shape()[1],
                     c.shape()[1],
                     static_cast<std::int64_t>(a.dtype()),
                     static_cast<std::int64_t>(cuda::matrix_precision()),
                     beta != 0,
                     alignment};
    const std::lock_guard lock(mutex_);
    auto found = products_.find(key);
    if (found == products_.end())
      found = products_.emplace(key, fastest(transpose_a, transpose_b, a, b, beta, c, alignment)).first;
    check(found->second.try_run(handle_, a, b, beta, c), "cublasLtMatmul");
  }

 private:
  Product fastest(bool transpose_a, bool transpose_b, const Tensor& a, const Tensor& b, float beta,
                  const Tensor& c, std::uint32_t alignment) const {
    cuda::refuse_to_measure_in_capture("cuBLASLt");
    const bool tf32 = a.dtype() == DType::f32 && cuda::matrix_precision() == cuda::MatrixPrecision::tf32;
    Product candidate = {
        Operation(tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, transpose_b, transpose_a),
        Layout(b.dtype(), b.shape()), Layout(a.dtype(), a.shape()), Layout(c.dtype(), c.shape())};
    const Preference preference(alignment);
    std::array<cublasLtMatmulHeuristicResult_t, 8> proposals;
    int count = 0;
    check(cublasLtMatmulAlgoGetHeuristic(handle_, candidate.operation.get(), candidate.first.get(),
                                         candidate.second.get(), candidate.result.get(),
                                         candidate.result.get(), preference.get(),
                                         static_cast<int>(proposals.size()), proposals.data(), &count),
          "cublasLtMatmulAlgoGetHeuristic");
    // Measured on memory of its own, since with beta every run changes c.
    Tensor scratch = Tensor::zeros(c.shape(), DType::f32, Device::cuda);
    double best_seconds = std::numeric_limits<double>::infinity();
    cublasLtMatmulHeuristicResult_t best = {};
    for (const cublasLtMatmulHeuristicResult_t& proposal :
         std::span(proposals).first(static_cast<std::size_t>(count))) {
      if (proposal.state != CUBLAS_STATUS_SUCCESS) continue;
      candidate.algorithm = proposal.algo;
      candidate.workspace = proposal.workspaceSize;
      if (candidate.try_run(handle_, a, b, beta, scratch) != CUBLAS_STATUS_SUCCESS) continue;
      const double seconds =
          cuda::seconds_on_device(10, [&] { (void)candidate.try_run(handle_, a, b, beta, scratch); });
      if (seconds >= best_seconds) continue;
      best_seconds = seconds;
      best = proposal;
    }
    expect(best_seconds < std::numeric_limits<double>::infinity(),
           "cuBLASLt has no algorithm for {}{} times {}{} in {}", to_string(a.shape()),
           transpose_a ? " transposed" : "", to_string(b.shape()), transpose_b ? " transposed" : "",
           to_string(a.dtype()));
    candidate.algorithm = best.algo;
    candidate.workspace = best.workspaceSize;
    return candidate;
  }

  std::mutex mutex_;
  cublasLtHandle_t handle_ = nullptr;
  std::map<Key, Product> products_;
};

}  // namespace

void gemm(Transpose transpose_a, Transpose transpose_b, const Tensor& a, const Tensor& b, float beta,
          Tensor& c) {
  static auto* engine = new Engine;  // never destroyed, as the device's stream is not
  engine->multiply(transpose_a == Transpose::yes, transpose_b == Transpose::yes, a, b, beta, c);
}

}  // namespace hypersphere::cublaslt
