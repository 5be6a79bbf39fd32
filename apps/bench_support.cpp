#include "apps/bench_support.h"

#include <fmt/core.h>

#include <algorithm>

#include "apps/report/stopwatch.h"
#include "kernels/elementwise/elementwise.h"
#include "tensor/cuda_memory.h"
#include "tensor/random.h"

namespace hypersphere {

Tensor random_values(Shape shape, Compute compute) {
  Tensor tensor = Tensor::empty(shape);
  Random random(1, random_stream(RandomUse::test, 0));
  for (float& value : tensor.span<float>()) value = random.uniform(-1, 1);
  return converted(tensor.to(compute.device), compute.activations);
}

Tensor result_of(Shape shape, Compute compute) {
  return Tensor::empty(shape, compute.activations, compute.device);
}

LayerWork::LayerWork(const BenchLayer& layer, std::int64_t batch, Compute compute)
    : options{layer.stride, 1},
      x(random_values({batch, layer.height, layer.width, layer.in}, compute)),
      w(random_values({layer.out, 3, 3, layer.in}, compute)),
      y(result_of(conv2d_output_shape(x.shape(), w.shape(), options), compute)),
      dy(random_values(y.shape(), compute)),
      dx(result_of(x.shape(), compute)),
      dw(Tensor::empty(w.shape(), DType::f32, compute.device)),
      flops(18.0 * static_cast<double>(y.size() * layer.in)),
      directions{[this] { conv2d_forward(x, w, Tensor(), options, y); },
                 [this] { conv2d_backward_data(dy, w, options, dx); },
                 [this] { conv2d_backward_weight(x, dy, options, dw); }} {}

std::string describe(const BenchLayer& layer) {
  return fmt::format("{:3} -> {:3} {:3}x{:<3} stride {} (x{})", layer.in, layer.out, layer.height,
                     layer.width, layer.stride, layer.count);
}

nlohmann::json row_of(const BenchCommand& command, nlohmann::json row) {
  row["device"] = to_string(command.compute.device);
  row["precision"] = command.machine.precision;
  row["conv"] = command.machine.conv;
  return row;
}

double seconds_of(const BenchCommand& command, int calls, const std::function<void()>& work) {
  const bool waits = command.compute.device == Device::cuda;
  if (waits) cuda::synchronise();
  const Stopwatch watch;
  for (int i = 0; i < calls; ++i) work();
  if (waits) cuda::synchronise();
  return watch.seconds() / calls;
}

int calls_for(const BenchCommand& command, const std::function<void()>& work) {
  constexpr double long_enough = 0.02;
  seconds_of(command, 1, work);
  int calls = 1;
  if (command.compute.device == Device::cuda)
    while (calls * seconds_of(command, calls, work) < long_enough) calls *= 2;
  return calls;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace hypersphere
