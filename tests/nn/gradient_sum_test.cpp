#include "nn/gradient_sum.h"

#include "cluster/nccl.h"
#include "tests/kernels/devices.h"
#include "tests/nn/support.h"
#include "tests/processes.h"

namespace hypersphere {
namespace {

// Of a batch of this process's own.
Variable loss_of(Model& model, const Tensor& images, const Tensor& labels) {
  return model.head->forward(model.network->forward(Variable(images)), labels, 3).loss;
}

}  // namespace

TEST_CASE(
    "processes: gradient_sum: every parameter has the sum of all processes' gradients, whatever the "
    "buckets") {
  const test::OneThread guard;
  const std::shared_ptr<Communicator> host = test::processes();
  for (const Device device : test::devices())
    for (const std::int64_t bucket_bytes : {1, 5000, 1 << 30}) {
      CAPTURE(to_string(device));
      CAPTURE(bucket_bytes);
      const std::shared_ptr<Communicator> ranks = communicator_for(host, device);
      Model model = test::small_model(5);
      model.network->to(device);
      model.head->to(device);
      Tensor images, labels;
      for (int rank = 0; rank < host->size(); ++rank) {  // everybody draws everybody's
        const Tensor drawn = test::random_tensor({2, 32, 24, 3}), classes = test::random_labels(2, 4);
        if (rank == host->rank()) images = drawn.to(device), labels = classes.to(device);
      }
      const std::vector<NamedParameter> parameters = model.parameters();
      loss_of(model, images, labels).backward();
      std::vector<Tensor> expected;
      for (const NamedParameter& named : parameters) {
        expected.push_back(named.parameter->variable.gradient().clone());
        ranks->sum(expected.back());
        named.parameter->variable.clear_gradient();
      }
      GradientSum sum(parameters, ranks, bucket_bytes);
      if (host->size() == 1) {
        CHECK(sum.buckets() == 0);  // nothing to do
      } else {
        CHECK(sum.bytes() == 4 * (model.network->parameter_count() + model.head->parameter_count()));
        if (bucket_bytes == 1) CHECK(sum.buckets() == parameters.size());
        if (bucket_bytes == 5000) CHECK(sum.buckets() > 2);
        if (bucket_bytes == 1 << 30) CHECK(sum.buckets() == 1);
      }
      for (int step = 0; step < 2; ++step) {  // the buckets are filled anew
        loss_of(model, images, labels).backward();
        sum.finish();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
          INFO(parameters[i].name);
          const Tensor found = parameters[i].parameter->variable.gradient().to(Device::cpu),
                       wanted = expected[i].to(Device::cpu);
          CHECK(test::relative_error(found.span<float>(), wanted.span<float>()) < 1e-5);
          parameters[i].parameter->variable.clear_gradient();
        }
      }
    }
}

TEST_CASE("processes: gradient_sum: a parameter that a step does not use has a gradient of zero") {
  const std::shared_ptr<Communicator> ranks = test::processes();
  if (ranks->size() == 1) return;
  Model model = test::small_model(1);
  const std::vector<NamedParameter> parameters = model.head->parameters();
  GradientSum sum(parameters, ranks);
  sum.finish();
  const Tensor gradient = parameters[0].parameter->variable.gradient();
  for (const float value : gradient.span<float>()) CHECK(value == 0);
}

}  // namespace hypersphere
