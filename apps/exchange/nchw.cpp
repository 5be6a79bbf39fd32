#include "apps/exchange/nchw.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "apps/exchange/foreign_weights.h"
#include "nn/model_metadata.h"

namespace hypersphere {
namespace {

constexpr const char *layout = "layout", *channels_first = "NCHW", *channels_last = "NHWC";

std::string convolution(std::size_t stage, int index) {
  return fmt::format("conv{}_{}.weight", stage + 1, index);
}

const Shape& shape_of(const SafeTensors& content, const std::string& name, int rank) {
  const Shape& shape = content.at(name).shape();
  expect(shape.rank() == rank, "tensor '{}': expected {} extents, found {}", name, rank, to_string(shape));
  return shape;
}

// The depth whose residual units these tensors have.
int depth_of(const SafeTensors& content) {
  std::array<int, 4> units{};
  for (std::size_t stage = 0; stage < units.size(); ++stage)
    while (content.contains(convolution(stage, 2 * units[stage] + 2))) ++units[stage];
  for (const int depth : {4, 10, 20, 36, 64})
    if (residual_units(depth) == units) return depth;
  fail("expected the convolutions of SphereFace-4, 10, 20, 36 or 64, found {}, {}, {}, {} residual units",
       units[0], units[1], units[2], units[3]);
}

ModelDescription describe_shapes(const SafeTensors& content) {
  ModelDescription description;
  SphereFaceOptions& network = description.network;
  network.depth = depth_of(content);
  for (std::size_t stage = 0; stage < network.widths.size(); ++stage)
    network.widths[stage] = shape_of(content, convolution(stage, 1), 4)[0];
  const Shape& fc5 = shape_of(content, "fc5.weight", 2);
  network.embedding = fc5[0];
  // The last map of 112 x 112 pixels, InsightFace's, has 7 x 7 places.
  if (fc5[1] == 7 * 7 * network.widths.back()) network.width = 112;
  if (content.contains("fc6.weight")) {
    description.head = HeadOptions{};
    if (content.contains("fc6.bias")) description.head->kind = HeadKind::softmax;
    description.classes = shape_of(content, "fc6.weight", 2)[0];
  }
  return description;
}

ModelDescription describe(const SafeTensors& content) {
  Metadata metadata = content.metadata;
  const auto found = metadata.find(layout);
  if (found == metadata.end()) return describe_shapes(content);
  expect(found->second == channels_first, "its metadata '{}' should be '{}', found '{}'", layout,
         channels_first, found->second);
  found->second = channels_last;
  return parse_model_metadata(metadata);
}

// A network must not be built from a description that the file's own tensors do not bear out: it might ask for any memory.
void expect_enough_data(const ModelDescription& description, const SafeTensors& content) {
  std::int64_t held = 0;
  for (const auto& [name, tensor] : content.tensors) held += tensor.size();
  std::int64_t wanted = sphereface_size(description.network).parameters;
  if (description.head) {
    expect(description.classes >= 0 && description.classes <= held,
           "its metadata describes {} classes, it holds {} values", description.classes, held);
    wanted += description.classes * description.network.embedding;
  }
  expect(held >= wanted, "expected a network of {} values, found {}", wanted, held);
}

bool is_zero(const Tensor& values) {
  return values.dtype() == DType::f32 &&
         std::ranges::all_of(values.span<float>(), [](float x) { return x == 0; });
}

void expect_all_known(const SafeTensors& content, const std::vector<ForeignWeight>& weights) {
  std::set<std::string> known;
  for (const ForeignWeight& weight : weights) known.insert(weight.name);
  for (const auto& [name, tensor] : content.tensors) {
    if (known.contains(name)) continue;
    const bool residual_bias =
        name.ends_with(".bias") && known.contains(name.substr(0, name.size() - 4) + "weight");
    expect(residual_bias, "tensor '{}' belongs to no part of the network", name);
    expect(is_zero(tensor), "tensor '{}': expected zeros, since this network has no bias there", name);
  }
}

}  // namespace

SafeTensors to_nchw(Model& model) {
  SafeTensors content;
  content.metadata = to_metadata(describe(model));
  content.metadata[layout] = channels_first;
  for (const ForeignWeight& weight : foreign_weights(model))
    content.tensors.emplace_back(weight.name, to_foreign(weight));
  return content;
}

Model from_nchw(const SafeTensors& content) {
  const ModelDescription description = describe(content);
  expect_enough_data(description, content);
  Model model = build_model(description);
  const std::vector<ForeignWeight> weights = foreign_weights(model);
  for (const ForeignWeight& weight : weights) from_foreign(weight, content.at(weight.name));
  expect_all_known(content, weights);
  return model;
}

}  // namespace hypersphere
