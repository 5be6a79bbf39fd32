// This program's products against those of other libraries, over SphereFace-20's shapes. Only on a GPU in a
// build that found the libraries; elsewhere the cases say so and pass.
#include "kernels/conv2d/conv2d.h"
#include "kernels/cuda/settings.h"
#include "kernels/gemm/gemm.h"
#include "tests/kernels/arithmetic.h"
#include "tests/kernels/checks.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

// Runs its argument with another library's convolutions and matrix products.
template <class Run>
std::vector<Tensor> with_other_engines(const Run& run) {
  struct Restore {
    ~Restore() {
      cuda::set_conv_engine(cuda::ConvEngine::native);
      cuda::set_gemm_engine(cuda::GemmEngine::native);
    }
  } restore;
  if (cuda::cudnn_unavailable().empty()) cuda::set_conv_engine(cuda::ConvEngine::cudnn);
  if (cuda::cublaslt_unavailable().empty()) cuda::set_gemm_engine(cuda::GemmEngine::cublaslt);
  return run();
}

// Both round their results to bf16 once; in f32, Winograd's transforms (cuDNN may use them) cost two or three
// digits.
double bound_between(const Arithmetic& arithmetic, const Tensor& result) {
  if (result.dtype() == DType::bf16 || arithmetic.dtype == DType::bf16) return 2 * bf16_bound;
  return arithmetic.precision == cuda::MatrixPrecision::tf32 ? 1e-3 : 1e-4;
}

void check_agreement(const Arithmetic& arithmetic, const std::vector<Tensor>& native,
                     const std::vector<Tensor>& other) {
  REQUIRE(native.size() == other.size());
  for (std::size_t i = 0; i < native.size(); ++i) {
    INFO("output ", i);
    CHECK(error_of(native[i], to_double(other[i].to(Device::cpu))) < bound_between(arithmetic, native[i]));
  }
}

struct Layer {
  Shape x, w;
  std::int64_t stride;
};
const Layer layers[] = {{{4, 112, 96, 3}, {64, 3, 3, 3}, 2},
                        {{4, 56, 48, 64}, {64, 3, 3, 64}, 1},
                        {{4, 56, 48, 64}, {128, 3, 3, 64}, 2},
                        {{4, 28, 24, 128}, {128, 3, 3, 128}, 1},
                        {{4, 28, 24, 128}, {256, 3, 3, 128}, 2},
                        {{4, 14, 12, 256}, {256, 3, 3, 256}, 1},
                        {{4, 14, 12, 256}, {512, 3, 3, 256}, 2},
                        {{4, 7, 6, 512}, {512, 3, 3, 512}, 1},
                        // another number of images
                        {{3, 7, 6, 512}, {512, 3, 3, 512}, 1}};

}  // namespace

TEST_CASE("engines: conv2d agrees with cuDNN") {
  if (!cuda::cudnn_unavailable().empty()) {
    MESSAGE("skipped: ", cuda::cudnn_unavailable());
    return;
  }
  for (const Arithmetic& arithmetic : arithmetics()) {
    if (arithmetic.device != Device::cuda) continue;
    for (const Layer& layer : layers) {
      INFO(to_string(layer.x), " with ", to_string(layer.w), " in ", arithmetic.name());
      const Arithmetic::Scope scope(arithmetic);
      const Conv2dOptions options{layer.stride, 1};
      const Shape output = conv2d_output_shape(layer.x, layer.w, options);
      const Tensor x = arithmetic.random(layer.x), w = arithmetic.random(layer.w),
                   dy = arithmetic.random(output);
      const Tensor residual = arithmetic.random(output);
      const Tensor bias = random_tensor({output[3]}).to(Device::cuda),
                   slope = random_tensor({output[3]}).to(Device::cuda);
      const auto run = [&] {
        Tensor y = arithmetic.poisoned(output), before = arithmetic.poisoned(output), sum = residual.clone();
        Tensor dx = arithmetic.poisoned(layer.x), dw = poisoned(layer.w).to(Device::cuda);
        conv2d_forward(x, w, bias, options, y);
        conv2d_prelu_forward(x, w, bias, slope, sum, options, before, sum);
        conv2d_backward_data(dy, w, options, dx);
        conv2d_backward_weight(x, dy, options, dw);
        return std::vector{y, before, sum, dx, dw};
      };
      check_agreement(arithmetic, run(), with_other_engines(run));
    }
  }
}

TEST_CASE("engines: gemm agrees with cuBLASLt") {
  if (!cuda::cublaslt_unavailable().empty()) {
    MESSAGE("skipped: ", cuda::cublaslt_unavailable());
    return;
  }
  struct Size {
    std::int64_t m, n, k;
  };
  // The last layer and the head of SphereFace-20, its gradients, and one that fills no tile.
  const Size sizes[] = {{64, 512, 21504}, {64, 21504, 512}, {512, 21504, 64}, {64, 3973, 512}, {37, 19, 53}};
  for (const Arithmetic& arithmetic : arithmetics()) {
    if (arithmetic.device != Device::cuda) continue;
    for (const auto& [m, n, k] : sizes)
      for (const Transpose ta : {Transpose::no, Transpose::yes})
        for (const Transpose tb : {Transpose::no, Transpose::yes})
          for (const float beta : {0.0f, 0.5f}) {
            INFO(m, " x ", n, " x ", k, ta == Transpose::yes ? ", a transposed" : "",
                 tb == Transpose::yes ? ", b transposed" : "", ", beta ", beta, " in ", arithmetic.name());
            const Arithmetic::Scope scope(arithmetic);
            const Tensor a = arithmetic.random(ta == Transpose::yes ? Shape{k, m} : Shape{m, k});
            const Tensor b = arithmetic.random(tb == Transpose::yes ? Shape{n, k} : Shape{k, n});
            const Tensor start = beta == 0 ? poisoned({m, n}) : random_tensor({m, n});
            const auto run = [&] {
              Tensor c = start.to(Device::cuda);
              gemm(ta, tb, a, b, beta, c);
              return std::vector{c};
            };
            // Sums are f32 and are not rounded further.
            const Tensor native = run().at(0), other = with_other_engines(run).at(0);
            CHECK(error_of(native, to_double(other.to(Device::cpu))) < 1e-4);
          }
  }
}
