// Models in PyTorch's layout.
#include "apps/exchange/nchw.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "tests/nn/support.h"

namespace hypersphere {
namespace {

using test::same_parameters;
using test::small_model;

Model model_of(SphereFaceOptions options) {
  Model model;
  model.network = std::make_unique<SphereFace>(options);
  model.network->initialise(3);
  return model;
}

// A network whose files need no metadata: the input is one of the two that the shapes tell.
SphereFaceOptions full_input(int depth, std::int64_t width = 96) {
  return {.depth = depth, .widths = {2, 3, 4, 5}, .height = 112, .width = width, .embedding = 6};
}

void rename(SafeTensors& content, const std::string& from, const std::string& to) {
  for (auto& [name, tensor] : content.tensors)
    if (name == from) name = to;
}

void replace(SafeTensors& content, const std::string& which, Tensor value) {
  for (auto& [name, tensor] : content.tensors)
    if (name == which) tensor = value;
}

}  // namespace

TEST_CASE("nchw: a model comes back bit for bit, with what describes it") {
  for (const HeadOptions& head :
       {HeadOptions{.margin = 3, .feature_scale = 30}, HeadOptions{.kind = HeadKind::softmax}}) {
    Model model = small_model(5, head, 7);
    model.preprocessing.crop = "1,2,30,40";
    model.identities = {"a", "b", "c", "d", "e", "f", "g"};
    Model back = from_nchw(to_nchw(model));
    CHECK(same_parameters(*model.network, *back.network));
    REQUIRE(back.head);
    CHECK(same_parameters(*model.head, *back.head));
    CHECK(back.network->options() == model.network->options());
    CHECK(back.head->options().kind == head.kind);
    CHECK(back.head->options().margin == head.margin);
    CHECK(back.head->options().feature_scale == head.feature_scale);
    CHECK(back.preprocessing.crop == model.preprocessing.crop);
    CHECK(back.identities == model.identities);
  }
}

TEST_CASE("nchw: names, shapes and order are the authors' and PyTorch's") {
  Model model = small_model(5, {.kind = HeadKind::softmax}, 3);
  SafeTensors content = to_nchw(model);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : content.tensors) names.push_back(name);
  CHECK(names == std::vector<std::string>{
                     "conv1_1.weight", "conv1_1.bias",   "relu1_1.weight", "conv2_1.weight", "conv2_1.bias",
                     "relu2_1.weight", "conv2_2.weight", "relu2_2.weight", "conv2_3.weight", "relu2_3.weight",
                     "conv3_1.weight", "conv3_1.bias",   "relu3_1.weight", "conv3_2.weight", "relu3_2.weight",
                     "conv3_3.weight", "relu3_3.weight", "conv3_4.weight", "relu3_4.weight", "conv3_5.weight",
                     "relu3_5.weight", "conv4_1.weight", "conv4_1.bias",   "relu4_1.weight", "fc5.weight",
                     "fc5.bias",       "fc6.weight",     "fc6.bias"});
  CHECK(content.metadata.at("layout") == "NCHW");

  // [out, row, column, in] to [out, in, row, column], counted out on a convolution of 12 filters over 8 channels.
  const Tensor& conv = content.at("conv2_1.weight");
  REQUIRE(conv.shape() == Shape{12, 8, 3, 3});
  for (const NamedParameter& named : model.network->parameters()) {
    const Tensor& own = named.parameter->variable.value();
    if (named.name == "stage2.conv.weight")
      for (int o = 0; o < 12; ++o)
        for (int i = 0; i < 8; ++i)
          for (int y = 0; y < 3; ++y)
            for (int x = 0; x < 3; ++x)
              CHECK(conv.span<float>()[static_cast<std::size_t>(((o * 8 + i) * 3 + y) * 3 + x)] ==
                    own.span<float>()[static_cast<std::size_t>(((o * 3 + y) * 3 + x) * 8 + i)]);
    // fc5 reads a map of 2 x 2 places with 16 channels.
    if (named.name == "fc5.weight")
      for (int o = 0; o < 16; ++o)
        for (int place = 0; place < 4; ++place)
          for (int channel = 0; channel < 16; ++channel)
            CHECK(content.at("fc5.weight")
                      .span<float>()[static_cast<std::size_t>(o * 64 + channel * 4 + place)] ==
                  own.span<float>()[static_cast<std::size_t>(o * 64 + place * 16 + channel)]);
  }
}

TEST_CASE("nchw: without metadata the shapes tell what the network is") {
  for (const int depth : {4, 10, 20, 36, 64})
    for (const std::int64_t width : {96, 112}) {
      Model model = model_of(full_input(depth, width));
      SafeTensors content = to_nchw(model);
      content.metadata.clear();
      Model back = from_nchw(content);
      CHECK(back.network->options() == model.network->options());
      CHECK(same_parameters(*model.network, *back.network));
      CHECK(!back.head);
    }
  Model model = model_of(full_input(4));
  for (const HeadKind kind : {HeadKind::softmax, HeadKind::a_softmax}) {
    model.head = std::make_unique<Head>(HeadOptions{.kind = kind}, 6, 5);
    model.head->initialise(1);
    SafeTensors content = to_nchw(model);
    content.metadata = {{"format", "pt"}};  // what PyTorch writes
    Model back = from_nchw(content);
    REQUIRE(back.head);
    CHECK(back.head->options().kind == kind);
    CHECK(same_parameters(*model.head, *back.head));
  }
}

TEST_CASE("nchw: residual convolutions may have biases of 0 alone") {
  Model model = model_of(full_input(10));
  SafeTensors content = to_nchw(model);
  content.tensors.emplace_back("conv2_2.bias", Tensor::zeros({3}));
  Model back = from_nchw(content);
  CHECK(same_parameters(*model.network, *back.network));
  content.tensors.back().second = Tensor::from(std::vector<float>{0, 0, 1e-8f}, {3});
  CHECK_THROWS_WITH_AS(from_nchw(content),
                       "tensor 'conv2_2.bias': expected zeros, since this network has no bias there", Error);
}

TEST_CASE("nchw: what does not fit is refused by name") {
  struct Case {
    std::function<void(SafeTensors&)> change;
    const char* message;
  };
  for (const Case& one : {
           Case{[](SafeTensors& c) { rename(c, "relu2_2.weight", "relu9_9.weight"); },
                "no tensor 'relu2_2.weight'"},
           Case{[](SafeTensors& c) { c.tensors.emplace_back("bn.weight", Tensor::zeros({3})); },
                "tensor 'bn.weight' belongs to no part of the network"},
           Case{[](SafeTensors& c) { replace(c, "fc5.bias", Tensor::zeros({7})); },
                "tensor 'fc5.bias': expected f32 [6], found f32 [7]"},
           Case{[](SafeTensors& c) { replace(c, "fc5.bias", Tensor::zeros({6}, DType::i32)); },
                "tensor 'fc5.bias': expected f32 [6], found i32 [6]"},
           Case{[](SafeTensors& c) { c.metadata["layout"] = "NHWC"; },
                "its metadata 'layout' should be 'NCHW', found 'NHWC'"},
           Case{[](SafeTensors& c) { c.metadata["embedding"] = "60000"; }, "expected a network of"},
           Case{[](SafeTensors& c) { c.metadata["classes"] = "4611686018427387904"; },
                "its metadata describes"},
           Case{[](SafeTensors& c) { c.metadata.clear(), rename(c, "conv3_2.weight", "x"); },
                "expected the convolutions of SphereFace-4, 10, 20, 36 or 64, found 0, 1, 0, 0 residual "
                "units"},
           Case{[](SafeTensors& c) { c.metadata.clear(), replace(c, "conv1_1.weight", Tensor::zeros({2})); },
                "tensor 'conv1_1.weight': expected 4 extents, found [2]"},
           Case{[](SafeTensors& c) {
                  c.metadata.clear(), replace(c, "fc5.weight", Tensor::zeros({6, 200}));
                },
                "expected a network of"},
       }) {
    Model model = model_of(full_input(10));
    model.head = std::make_unique<Head>(HeadOptions{}, 6, 5);
    SafeTensors content = to_nchw(model);
    one.change(content);
    std::string message;
    try {
      from_nchw(content);
    } catch (const Error& error) {
      message = error.what();
    }
    CHECK_MESSAGE(message.starts_with(one.message), message);
  }
}

}  // namespace hypersphere
