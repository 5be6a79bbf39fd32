#include "kernels/conv2d/conv2d_cudnn.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/conv2d/cudnn_operation.h"
#include "kernels/cuda/check.h"
#include "kernels/cuda/timer.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/prelu/prelu.h"

namespace hypersphere::cudnn {
namespace {

// Everything that the choice of an engine depends on.
using Key = std::array<std::int64_t, 13>;
Key key_of(const Problem& p) {
  return {static_cast<std::int64_t>(p.direction),
          p.x[0],
          p.x[1],
          p.x[2],
          p.x[3],
          p.w[0],
          p.w[1],
          p.w[2],
          p.options.stride,
          p.options.pad,
          static_cast<std::int64_t>(p.dtype),
          static_cast<std::int64_t>(p.precision),
          p.alignment};
}

// An engine made ready for a problem.
struct Plan {
  std::shared_ptr<Operation> operation;
  Descriptor configuration, plan;
  std::int64_t workspace = 0;  // bytes

  // Empty where the engine turns out not to do it.
  static std::optional<Plan> make(cudnnHandle_t handle, const std::shared_ptr<Operation>& operation,
                                  Descriptor configuration) {
    constexpr std::int64_t most_workspace = std::int64_t{1} << 30;
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
    if (!plan.try_finalise()) return std::nullopt;
    const auto bytes = plan.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1).at(0);
    if (bytes > most_workspace) return std::nullopt;
    return Plan{operation, std::move(configuration), std::move(plan), bytes};
  }

  cudnnStatus_t try_run(cudnnHandle_t handle, void* x, void* w, void* y) const {
    const Tensor scratch = Tensor::empty({std::max<std::int64_t>(workspace, 1)}, DType::u8, Device::cuda);
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, std::array{x_id, w_id, y_id});
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, std::array{x, w, y});
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE,
             std::array{const_cast<void*>(static_cast<const void*>(scratch.raw()))});
    pack.finalise();
    return cudnnBackendExecute(handle, plan.get(), pack.get());
  }
};

// Inputs and the output of a call. cuDNN takes them all as pointers to change; it writes the output alone.
struct Tensors {
  const Tensor &x, &w, &y;
};
void* address(const Tensor& tensor) { return const_cast<void*>(static_cast<const void*>(tensor.raw())); }

class Engines {
 public:
  Engines() {
    check(cudnnCreate(&handle_), "cudnnCreate");
    check(cudnnSetStream(handle_, cuda::compute_stream()), "cudnnSetStream");
  }

  void run(const Problem& problem, const Tensors& tensors) {
    const std::lock_guard lock(mutex_);
    auto found = plans_.find(key_of(problem));
    if (found == plans_.end()) found = plans_.emplace(key_of(problem), fastest(problem, tensors)).first;
    check(try_run(found->second, tensors), "cudnnBackendExecute");
  }

 private:
  cudnnStatus_t try_run(const Plan& plan, const Tensors& t) const {
    if (t.w.dtype() == t.x.dtype()) return plan.try_run(handle_, address(t.x), address(t.w), address(t.y));
    const Tensor rounded = Tensor::empty(t.w.shape(), t.x.dtype(), Device::cuda);
    const cudnnStatus_t status = plan.try_run(handle_, address(t.x), address(rounded), address(t.y));
    Tensor dw = t.w;  // shares the storage
    if (status == CUDNN_STATUS_SUCCESS) cuda::convert(rounded, dw);
    return status;
  }

  Plan fastest(const Problem& problem, const Tensors& tensors) const {
    cuda::refuse_to_measure_in_capture("cuDNN");
    std::optional<Plan> best;
    double best_seconds = std::numeric_limits<double>::infinity();
    for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
      if (best) break;  // the fallback's engines are slow ones for what the others do not do
      for (Plan& plan : plans(problem, mode)) {
        if (try_run(plan, tensors) != CUDNN_STATUS_SUCCESS) continue;
        const double seconds = cuda::seconds_on_device(5, [&] { (void)try_run(plan, tensors); });
        if (seconds >= best_seconds) continue;
        best_seconds = seconds;
        best = std::move(plan);
      }
    }
    expect(best.has_value(),
           "cuDNN has no engine for convolution {} of x {} with w {}, stride {}, pad {}, in {}",
           to_string(problem.direction), to_string(problem.x), to_string(problem.w), problem.options.stride,
           problem.options.pad, to_string(problem.dtype));
    return std::move(*best);
  }

  // The first few that work.
  std::vector<Plan> plans(const Problem& problem, cudnnBackendHeurMode_t mode) const {
    constexpr std::size_t most = 16;
    std::vector<Plan> result;
    const auto operation = std::make_shared<Operation>(handle_, problem);
    for (Descriptor& configuration : configurations(operation->graph, mode)) {
      if (result.size() == most) break;
      if (!is_accurate(configuration, problem)) continue;
      if (auto plan = Plan::make(handle_, operation, std::move(configuration)))
        result.push_back(std::move(*plan));
    }
    return result;
  }

  std::mutex mutex_;
  cudnnHandle_t handle_ = nullptr;
  std::map<Key, Plan> plans_;
};

// Never destroyed, as the device's stream is not.
Engines& engines() {
  static auto* instance = new Engines;
  return *instance;
}

void run(Direction direction, const Tensor& x, const Tensor& w, const Tensor& y, Conv2dOptions options) {
  std::int64_t alignment = 16;
  for (const Tensor* t : {&x, &w, &y})
    while (reinterpret_cast<std::uintptr_t>(t->raw()) % static_cast<std::uintptr_t>(alignment) != 0)
      alignment /= 2;
  engines().run(
      {direction, x.shape(), w.shape(), y.shape(), options, x.dtype(), cuda::matrix_precision(), alignment},
      {x, w, y});
}

}  // namespace

void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y) {
  run(Direction::forward, x, w, y, options);
  if (bias.defined()) cuda::add_bias(bias, y);
}

void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y) {
  Tensor sums = before.defined() ? before : Tensor::empty(y.shape(), y.dtype(), Device::cuda);
  cudnn::conv2d_forward(x, w, bias, options, sums);
  if (!residual.defined()) return cuda::prelu_forward(sums, slope, y);
  Tensor rectified = Tensor::empty(y.shape(), y.dtype(), Device::cuda);  // y may be the residual
  cuda::prelu_forward(sums, slope, rectified);
  cuda::add(rectified, residual, y);
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx) {
  run(Direction::backward_data, dx, w, dy, options);
}

void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw) {
  run(Direction::backward_weight, x, dw, dy, options);
}

}  // namespace hypersphere::cudnn
