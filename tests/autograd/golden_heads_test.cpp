// The heads' losses and exact gradients against PyTorch's, computed in float64.
#include <fstream>
#include <nlohmann/json.hpp>

#include "autograd/functions.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

Tensor tensor_of(const nlohmann::json& values, const nlohmann::json& shape) {
  return test::from_double(values.get<std::vector<double>>(), {shape[0], shape[1]});
}

}  // namespace

TEST_CASE("heads agree with the recorded reference") {
  std::ifstream file(HYPERSPHERE_GOLDEN_DIR "/heads.json");
  REQUIRE(file.good());
  const nlohmann::json cases = nlohmann::json::parse(file);
  REQUIRE(cases.size() == 14);
  for (const nlohmann::json& one : cases) {
    const std::string head = one["head"];
    const int margin = one["margin"];
    const float lambda = one["lambda"];
    CAPTURE(head);
    CAPTURE(margin);
    CAPTURE(lambda);
    const Variable x(tensor_of(one["x"], one["x_shape"]), true);
    const Variable w(tensor_of(one["weight"], one["weight_shape"]), true);
    const auto label_values = one["labels"].get<std::vector<std::int32_t>>();
    const Tensor labels = Tensor::from(label_values, {static_cast<std::int64_t>(label_values.size())});

    Variable loss = head == "softmax" ? softmax_cross_entropy(linear(x, w, Variable()), labels)
                                      : a_softmax_loss(x, w, labels, {.margin = margin, .lambda = lambda});
    loss.backward();
    CHECK(loss.value().span<float>()[0] == doctest::Approx(one["loss"].get<double>()).epsilon(1e-6));
    CHECK(test::relative_error(x.gradient().span<float>(), one["dx"].get<std::vector<double>>()) < 1e-5);
    CHECK(test::relative_error(w.gradient().span<float>(), one["dweight"].get<std::vector<double>>()) < 1e-5);
  }
}

}  // namespace hypersphere
