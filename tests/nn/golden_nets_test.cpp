// Whole networks against PyTorch's, computed in float64: loss, embeddings and the gradient of every
// parameter.
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "tensor/cuda_memory.h"
#include "tests/nn/sided_forward.h"
#include "tests/nn/support.h"

namespace hypersphere {
namespace {

// Parameters and input are not stored but made: entry i of an array is scale * u(stream, i) + add, with i the
// flat index in PyTorch's order, and u from splitmix64, in [-1, 1).
double u(std::uint64_t stream, std::uint64_t i) {
  std::uint64_t z = (stream << 32) + i;
  z += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  z ^= z >> 31;
  return static_cast<double>(z >> 40) * 0x1p-23 - 1;
}

// Where PyTorch's flat index lies in our layout. Arrays of PyTorch are [outer, channels, height, width] with
// the channels moved last here; vectors and plain matrices are the same in both (height = width = 1).
struct Layout {
  std::int64_t channels = 1, height = 1, width = 1;

  std::size_t ours(std::int64_t theirs) const {
    const std::int64_t x = theirs % width, y = theirs / width % height;
    const std::int64_t c = theirs / (width * height) % channels, outer = theirs / (width * height * channels);
    return static_cast<std::size_t>(((outer * height + y) * width + x) * channels + c);
  }
};

Layout layout_of(const std::string& name, const nlohmann::json& shape) {
  if (shape.size() == 4) return {shape[1], shape[2], shape[3]};
  if (name == "fc5.weight") return {512, 7, 6};  // its columns are the last map, flattened
  return {};
}

void generate(Tensor& tensor, const nlohmann::json& recipe, Layout layout) {
  std::int64_t size = 1;
  for (const std::int64_t extent : recipe["shape"]) size *= extent;
  REQUIRE(tensor.size() == size);
  const std::uint64_t stream = recipe["stream"];
  const double scale = recipe["scale"], add = recipe["add"];
  const auto values = tensor.span<float>();
  for (std::int64_t i = 0; i < size; ++i)
    values[layout.ours(i)] = static_cast<float>(scale * u(stream, static_cast<std::uint64_t>(i)) + add);
}

// "conv2_3.weight", the third convolution of stage 2, is our "stage2.unit0.conv2.weight": the first one is
// the stride-2 convolution, then come two a residual unit.
std::string our_name(const std::string& theirs) {
  if (theirs == "fc6.weight") return "head.weight";
  if (theirs.starts_with("fc5.")) return theirs;
  const std::size_t underscore = theirs.find('_'), dot = theirs.find('.');
  const std::string kind = theirs.substr(0, underscore - 1), stage = theirs.substr(underscore - 1, 1);
  const int number = std::stoi(theirs.substr(underscore + 1, dot - underscore - 1));
  const std::string rest = theirs.substr(dot);
  if (number == 1) return "stage" + stage + "." + kind + rest;
  return fmt::format("stage{}.unit{}.{}{}{}", stage, (number - 2) / 2, kind, (number - 2) % 2 + 1, rest);
}

std::map<std::string, Parameter*> by_name(SphereFace& network, Head& head) {
  std::map<std::string, Parameter*> found;
  for (const NamedParameter& named : network.parameters()) found[named.name] = named.parameter;
  for (const NamedParameter& named : head.parameters()) found["head." + named.name] = named.parameter;
  return found;
}

void check_embeddings(const Tensor& embeddings, const nlohmann::json& one) {
  for (std::int64_t row = 0; row < embeddings.shape()[0]; ++row) {
    const Tensor embedding = embeddings.slice(row, 1);
    const auto values = embedding.span<float>();
    double sum = 0;
    for (const float value : values) sum += static_cast<double>(value) * value;
    const auto index = static_cast<std::size_t>(row);
    CHECK(std::abs(std::sqrt(sum) / one["embedding_norm"][index].get<double>() - 1) < 1e-5);
    CHECK(test::relative_error(values.first(8), one["embedding_first8"][index].get<std::vector<double>>()) <
          1e-5);
  }
}

// The 2-norm, and the sampled entries as a vector.
void check_gradient(const Tensor& gradient, const nlohmann::json& expected, Layout layout) {
  double sum = 0;
  for (const float value : gradient.span<float>()) sum += static_cast<double>(value) * value;
  CHECK(std::abs(std::sqrt(sum) / expected["norm"].get<double>() - 1) < 1e-4);
  std::vector<double> ours, theirs;
  for (const nlohmann::json& sample : expected["samples"]) {
    ours.push_back(gradient.span<float>()[layout.ours(sample[0])]);
    theirs.push_back(sample[1]);
  }
  CHECK(ours.size() >= 8);
  CHECK(test::relative_error(ours, theirs) < 1e-4);
}

// Loss and gradients of one setting of margin and lambda, given the gradients in place.
void check_step(const nlohmann::json& one, const nlohmann::json& step, const Tensor& loss,
                const std::map<std::string, Parameter*>& parameters) {
  CHECK(std::abs(loss.span<float>()[0] / step["loss"].get<double>() - 1) < 1e-5);
  REQUIRE(step["grads"].size() == parameters.size());
  for (const auto& [key, expected] : step["grads"].items()) {
    const std::string& name = key;
    CAPTURE(name);
    const Tensor& gradient = parameters.at(our_name(name))->variable.gradient();
    REQUIRE(gradient.defined());
    check_gradient(gradient, expected, layout_of(name, one["parameters"][name]["shape"]));
  }
}

void check_network(const nlohmann::json& one, int depth) {
  SphereFace network({.depth = depth});
  Tensor images = Tensor::empty({one["batch"], 112, 96, 3});
  generate(images, one["input"], layout_of("input", one["input"]["shape"]));
  const auto label_values = one["labels"].get<std::vector<std::int32_t>>();
  const Tensor labels = Tensor::from(label_values, {one["batch"]});

  std::optional<test::SidedNetwork> sided;  // made when the parameters are there
  for (const nlohmann::json& step : one["steps"]) {
    const int margin = step["margin"];
    const float lambda = step["lambda"];
    CAPTURE(margin);
    CAPTURE(lambda);
    Head head({.margin = margin}, 512, one["classes"]);
    const auto parameters = by_name(network, head);
    REQUIRE(parameters.size() == one["parameters"].size());
    for (const auto& [key, recipe] : one["parameters"].items()) {
      const std::string& name = key;                // Clang 14 captures no parts of a pair
      if (sided && name != "fc6.weight") continue;  // the network's are there already
      CAPTURE(name);
      REQUIRE(parameters.contains(our_name(name)));
      generate(parameters.at(our_name(name))->variable.value(), recipe, layout_of(name, recipe["shape"]));
    }

    // Tight: with every PReLU on the side where the reference has it.
    const bool first = !sided;
    if (first) {
      sided.emplace(network, images);
      CHECK(sided->moved() < 100);
      CHECK(sided->largest_move() < 1e-4);  // rounding, not a mistake
    }
    const Variable sided_embeddings = sided->forward();
    check_embeddings(sided_embeddings.value(), one);
    Variable sided_loss = head.forward(sided_embeddings, labels, lambda).loss;
    sided_loss.backward();
    check_step(one, step, sided_loss.value(), parameters);
    if (!first) {
      network.clear_gradients();
      continue;
    }

    // The network itself computes the same, up to the few values that lie on the other side.
    std::map<std::string, Tensor> gradients;
    for (const auto& [name, parameter] : parameters) {
      gradients[name] = parameter->variable.gradient();
      parameter->variable.clear_gradient();
    }
    const Variable embeddings = network.forward(Variable(images));
    check_embeddings(embeddings.value(), one);
    Variable loss = head.forward(embeddings, labels, lambda).loss;
    CHECK(std::abs(loss.value().span<float>()[0] / step["loss"].get<double>() - 1) < 1e-5);
    loss.backward();
    for (const auto& [key, parameter] : parameters) {
      const std::string& name = key;
      CAPTURE(name);
      REQUIRE(parameter->variable.gradient().defined());
      CHECK(test::relative_error(parameter->variable.gradient().span<float>(),
                                 gradients[name].span<float>()) < 2e-2);
    }
    network.clear_gradients();
  }
}

// The network on cuda, up to the values that lie on the other side of their PReLU.
[[maybe_unused]] void check_on_cuda(const nlohmann::json& one, int depth) {
  const nlohmann::json& step = one["steps"][0];
  SphereFace network({.depth = depth});
  Head head({.margin = step["margin"]}, 512, one["classes"]);
  const auto parameters = by_name(network, head);
  for (const auto& [name, recipe] : one["parameters"].items())
    generate(parameters.at(our_name(name))->variable.value(), recipe, layout_of(name, recipe["shape"]));
  Tensor images = Tensor::empty({one["batch"], 112, 96, 3});
  generate(images, one["input"], layout_of("input", one["input"]["shape"]));
  const Tensor labels = Tensor::from(one["labels"].get<std::vector<std::int32_t>>(), {one["batch"]});
  network.to(Device::cuda);
  head.to(Device::cuda);
  const Variable embeddings = network.forward(Variable(images.to(Device::cuda)));
  check_embeddings(embeddings.value().to(Device::cpu), one);
  Variable loss = head.forward(embeddings, labels.to(Device::cuda), step["lambda"]).loss;
  CHECK(std::abs(loss.value().to(Device::cpu).span<float>()[0] / step["loss"].get<double>() - 1) < 1e-5);
  loss.backward();
  for (const auto& [key, expected] : step["grads"].items()) {
    const std::string& name = key;
    CAPTURE(name);
    const Tensor gradient = parameters.at(our_name(name))->variable.gradient().to(Device::cpu);
    double sum = 0;
    for (const float value : gradient.span<float>()) sum += static_cast<double>(value) * value;
    CHECK(std::abs(std::sqrt(sum) / expected["norm"].get<double>() - 1) < 2e-2);
  }
}

nlohmann::json golden(std::size_t index, const char* name) {
  std::ifstream file(HYPERSPHERE_GOLDEN_DIR "/nets.json");
  REQUIRE(file.good());
  nlohmann::json all = nlohmann::json::parse(file);
  REQUIRE(all.size() == 2);
  REQUIRE(all[index]["net"] == name);
  return all[index];
}

}  // namespace

TEST_CASE("the generator of the golden parameters") {
  CHECK(u(1001, 0) == 0.17591512203216553);
  CHECK(u(1001, 1) == 0.36084794998168945);
  CHECK(u(1001, 2) == doctest::Approx(-0.09431374073028574).epsilon(1e-12));
  CHECK(our_name("conv2_3.weight") == "stage2.unit0.conv2.weight");
  CHECK(our_name("prelu3_9.slope") == "stage3.unit3.prelu2.slope");
  CHECK(our_name("conv1_1.bias") == "stage1.conv.bias");
}

TEST_CASE("SphereFace-4 agrees with the recorded reference") { check_network(golden(0, "sphereface-4"), 4); }

#ifndef HYPERSPHERE_EMULATOR  // which would take minutes over it
TEST_CASE("SphereFace-4 and -20 on cuda agree with the recorded reference") {
  if (!cuda::unavailable().empty()) return;
  check_on_cuda(golden(0, "sphereface-4"), 4);
  check_on_cuda(golden(1, "sphereface-20"), 20);
}
#endif

TEST_CASE("SphereFace-20 agrees with the recorded reference") {
  check_network(golden(1, "sphereface-20"), 20);
}

}  // namespace hypersphere
