// A whole training step on the CUDA kernels, piece by piece against the CPU's: the loss and the gradient of every
// parameter, in each precision; and modules that move between devices.
#include <cmath>
#include <map>

#include "kernels/cuda/settings.h"
#include "kernels/elementwise/elementwise.h"
#include "tests/kernels/devices.h"
#include "tests/nn/support.h"

namespace hypersphere {
namespace {

// As small as SphereFace gets; depth 10 has residual units.
SphereFaceOptions tiny_network(int depth) {
  return {.depth = depth, .widths = {8, 8, 16, 16}, .height = 16, .width = 16, .embedding = 16};
}

constexpr std::int64_t batch = 3, classes = 5;

// Slopes from `first_slope` on.
Model tiny_model(int depth, HeadOptions head, float first_slope) {
  Model model;
  model.network = std::make_unique<SphereFace>(tiny_network(depth));
  model.head = std::make_unique<Head>(head, model.network->options().embedding, classes);
  model.network->initialise(3);
  model.head->initialise(3);
  // The residual branches start so small that mistakes in them would hide, and equal slopes hide a mixed-up channel.
  for (const NamedParameter& named : model.network->parameters()) {
    const auto values = named.parameter->variable.value().span<float>();
    if (named.name.find(".unit") != std::string::npos && named.name.ends_with(".weight"))
      for (float& value : values) value *= 10;
    if (named.name.ends_with(".slope"))
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = first_slope + 0.01f * static_cast<float>(i);
  }
  return model;
}

struct Step {
  double loss = 0;
  std::int32_t correct = -1;
  std::map<std::string, Tensor> gradients;  // on the cpu
};

Step step_of(Model& model, const Tensor& images, const Tensor& labels) {
  const Device device = model.network->device();
  const Variable embeddings = model.network->forward(Variable(images));
  Head::Result result = model.head->forward(embeddings, labels.to(device), 5);
  Step step;
  step.loss = result.loss.value().to(Device::cpu).span<float>()[0];
  step.correct = result.correct.to(Device::cpu).span<std::int32_t>()[0];
  result.loss.backward();
  for (Module* module : {static_cast<Module*>(model.network.get()), static_cast<Module*>(model.head.get())})
    for (const NamedParameter& named : module->parameters()) {
      REQUIRE(named.parameter->variable.gradient().defined());
      CHECK(named.parameter->variable.gradient().device() == device);
      const std::string name = module == model.head.get() ? "head." + named.name : named.name;
      step.gradients[name] = named.parameter->variable.gradient().to(Device::cpu);
      named.parameter->variable.clear_gradient();
    }
  return step;
}

struct Precision {
  std::string name;
  cuda::MatrixPrecision products;
  DType activations;
  float first_slope;
  double loss_bound, gradient_bound;  // relative
};

// tf32 keeps 10 bits of a factor's fraction, bf16 7: half a unit in the last is 5e-4 and 4e-3, and a step is some ten
// products one behind the other. Values near 0 change the side of their PReLU by so much: with slopes near 1, that makes
// no difference.
const Precision precisions[] = {
    {"fp32", cuda::MatrixPrecision::fp32, DType::f32, 0.1f, 1e-5, 1e-4},
    {"tf32", cuda::MatrixPrecision::tf32, DType::f32, 0.9f, 5e-3, 1e-1},
    {"bf16", cuda::MatrixPrecision::fp32, DType::bf16, 0.9f, 3e-2, 2e-1},
};

}  // namespace

TEST_CASE("a training step on cuda computes the loss and every gradient of the cpu's") {
  if (!cuda::unavailable().empty()) return;
  const test::OneThread guard;
  struct Restore {
    ~Restore() { cuda::set_matrix_precision(cuda::MatrixPrecision::fp32); }
  } restore;
  const Tensor labels = Tensor::from(std::vector<std::int32_t>{1, 4, 0}, {batch});
  for (const int depth : {4, 10})
    for (const HeadOptions& head :
         {HeadOptions{.kind = HeadKind::softmax}, HeadOptions{.kind = HeadKind::modified_softmax},
          HeadOptions{.margin = 4}, HeadOptions{.margin = 3, .gradient = MarginGradient::sphereface}}) {
      const Tensor images = test::random_tensor({batch, 16, 16, 3});
      for (const Precision& precision : precisions) {
        CAPTURE(depth);
        CAPTURE(to_string(head.kind));
        CAPTURE(to_string(head.gradient));
        CAPTURE(precision.name);
        Model on_cpu = tiny_model(depth, head, precision.first_slope);
        const Step expected = step_of(on_cpu, images, labels);
        cuda::set_matrix_precision(precision.products);
        Model model = tiny_model(depth, head, precision.first_slope);
        model.network->to(Device::cuda);
        model.head->to(Device::cuda);
        const Step step = step_of(model, converted(images.to(Device::cuda), precision.activations), labels);
        CHECK(std::abs(step.loss / expected.loss - 1) < precision.loss_bound);
        if (precision.activations == DType::f32) CHECK(step.correct == expected.correct);
        REQUIRE(step.gradients.size() == expected.gradients.size());
        for (const auto& [key, gradient] : step.gradients) {
          const std::string& name = key;  // Clang 14 captures no parts of a pair
          CAPTURE(name);
          const double error =
              test::relative_error(gradient.span<float>(), expected.gradients.at(name).span<float>());
          CHECK(error < precision.gradient_bound);
        }
      }
    }
}

TEST_CASE("a module moves with its momentum, and back, in the same bits") {
  if (!cuda::unavailable().empty()) return;
  const HeadOptions head;
  Model model = tiny_model(10, head, 0.1f), copy = tiny_model(10, head, 0.1f);
  for (const NamedParameter& named : model.network->parameters())
    named.parameter->momentum = test::random_tensor(named.parameter->variable.value().shape());
  std::vector<Tensor> momenta;
  for (const NamedParameter& named : model.network->parameters())
    momenta.push_back(named.parameter->momentum.clone());
  CHECK(model.network->device() == Device::cpu);
  model.network->to(Device::cuda);
  CHECK(model.network->device() == Device::cuda);
  for (const NamedParameter& named : model.network->parameters()) {
    CHECK(named.parameter->variable.value().device() == Device::cuda);
    CHECK(named.parameter->momentum.device() == Device::cuda);
  }
  CHECK_THROWS_WITH_AS(model.network->initialise(1), doctest::Contains("cpu"), Error);
  model.network->to(Device::cpu);
  CHECK(test::same_parameters(*model.network, *copy.network));
  std::size_t i = 0;
  for (const NamedParameter& named : model.network->parameters())
    CHECK(test::same_bits(named.parameter->momentum, momenta[i++]));
}

}  // namespace hypersphere
