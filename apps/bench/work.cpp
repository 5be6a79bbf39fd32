#include "apps/bench/work.h"

#include <fmt/core.h>

#include "kernels/elementwise/elementwise.h"
#include "tensor/random.h"

namespace hypersphere {

std::string describe(const BenchLayer& layer) {
  return fmt::format("{:3} -> {:3} {:3}x{:<3} stride {} (x{})", layer.in, layer.out, layer.height,
                     layer.width, layer.stride, layer.count);
}

nlohmann::json row_of(const BenchLayer& layer, std::int64_t batch) {
  return {{"in", layer.in},         {"out", layer.out},     {"height", layer.height}, {"width", layer.width},
          {"stride", layer.stride}, {"count", layer.count}, {"batch", batch}};
}

Tensor random_values(Shape shape, Compute compute) {
  Tensor tensor = Tensor::empty(shape);
  Random random(1, random_stream(RandomUse::test, 0));
  for (float& value : tensor.span<float>()) value = random.uniform(-1, 1);
  return converted(tensor.to(compute.device), compute.activations);
}

Tensor result_of(Shape shape, Compute compute) {
  return Tensor::empty(shape, compute.activations, compute.device);
}

Tensor random_pixels(std::int64_t photographs) {
  Tensor pixels = Tensor::empty({photographs, 112, 96, 3}, DType::u8);
  Random random(1, random_stream(RandomUse::test, 1));
  for (auto& pixel : pixels.span<std::uint8_t>()) pixel = static_cast<std::uint8_t>(random.below(256));
  return pixels;
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

}  // namespace hypersphere
