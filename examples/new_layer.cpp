// A layer that the library does not have: Swish, y = x / (1 + exp(-b x)), with a learned b a channel (Ramachandran, Zoph and Le,
// arXiv 1710.05941). First the function and its gradient, then the layer, then the proof that the gradient is right.
#include <cmath>
#include <cstdio>

#include "autograd/gradient_check.h"
#include "nn/module.h"
#include "tensor/random.h"

using namespace hypersphere;

float sigmoid(float z) { return 1 / (1 + std::exp(-z)); }

// x: [..., C], slope (the b above): [C]. With s = sigmoid(b x): dy/dx = s + b x s (1 - s), dy/db = x x s (1 - s).
Variable swish(const Variable& x, const Variable& slope) {
  const auto values = x.value().span<float>(), b = slope.value().span<float>();
  const std::size_t channels = b.size();
  Tensor y = Tensor::empty(x.value().shape());
  for (std::size_t i = 0; i < values.size(); ++i)
    y.span<float>()[i] = values[i] * sigmoid(b[i % channels] * values[i]);
  // What the backward pass needs is captured as tensors; it gets dloss/dy and returns dloss/dx and dloss/db.
  return Variable::record("swish", y, {x, slope}, [x = x.value(), slope = slope.value()](const Tensor& dy) -> std::vector<Tensor> {
    const auto values = x.span<float>(), b = slope.span<float>(), upstream = dy.span<float>();
    Tensor dx = Tensor::empty(x.shape()), dslope = Tensor::zeros(slope.shape());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t channel = i % b.size();
      const float s = sigmoid(b[channel] * values[i]), bend = values[i] * s * (1 - s);
      dx.span<float>()[i] = upstream[i] * (s + b[channel] * bend);
      dslope.span<float>()[channel] += upstream[i] * values[i] * bend;
    }
    return {dx, dslope};
  });
}

// As a module, its slopes have a name in model files and the solver trains them.
class Swish : public Module {
 public:
  explicit Swish(std::int64_t channels) : slope_(add_parameter("slope", {channels})) {
    for (float& b : slope_.variable.value().span<float>()) b = 1;
  }
  Variable forward(const Variable& x) const { return swish(x, slope_.variable); }

 private:
  Parameter& slope_;
};

int main() {
  Random random(1, 0);
  Tensor x = Tensor::empty({4, 7, 5, 8}), slope = Tensor::empty({8});
  for (float& v : x.span<float>()) v = random.normal();
  for (float& v : slope.span<float>()) v = random.uniform(0.5f, 2);
  const GradientCheckResult check =
      check_gradients([](std::span<const Variable> inputs) { return swish(inputs[0], inputs[1]); }, {x, slope});
  std::printf("%s\n", check.message.c_str());

  Swish layer(8);
  std::printf("layer: %s to %s, parameter %s\n", describe(x).c_str(), describe(layer.forward(Variable(x)).value()).c_str(),
              layer.parameters()[0].name.c_str());
  return check.passed ? 0 : 1;
}
