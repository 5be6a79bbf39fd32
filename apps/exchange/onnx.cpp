#include "apps/exchange/onnx.h"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

#include <map>
#include <string_view>
#include <utility>

#include "apps/exchange/foreign_weights.h"
#include "nn/model_metadata.h"

namespace hypersphere {
namespace {

constexpr int opset = 13;                                 // the last one that Debian 12's OpenCV knows all of
constexpr int ir_version = 7;                             // the format of the file that came with it
constexpr float mid_value = 127.5f, half_range = 128.0f;  // of pixels

// Nodes in the order in which they run, each with one output of the node's own name.
class Graph {
 public:
  explicit Graph(onnx::GraphProto& graph) : graph_(graph) {}

  void add_weight(const ForeignWeight& weight) {
    Shape shape = weight.shape;
    if (weight.name.starts_with("relu"))
      shape = {shape[0], 1, 1};  // a slope a channel: rows and columns share it
    add_values(weight.name, to_foreign(weight).reshape(shape));
  }

  void add_values(const std::string& name, const Tensor& values) {
    onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (int axis = 0; axis < values.shape().rank(); ++axis) tensor.add_dims(values.shape()[axis]);
    tensor.set_raw_data(values.raw(), values.bytes());
  }

  onnx::NodeProto& add_node(const char* type, const std::string& name,
                            std::initializer_list<std::string> inputs) {
    onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(type);
    node.set_name(name);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(name);
    return node;
  }

 private:
  onnx::GraphProto& graph_;
};

void set_integers(onnx::NodeProto& node, const char* name, std::initializer_list<std::int64_t> values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

void set_integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void describe_value(onnx::ValueInfoProto& value, const char* name, std::initializer_list<std::int64_t> rest) {
  value.set_name(name);
  onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("N");
  for (const std::int64_t extent : rest) type.mutable_shape()->add_dim()->set_dim_value(extent);
}

// PReLU(conv(input)), under the numbers of the authors' layers; returns the result's name.
std::string add_convolution(Graph& graph, const std::string& input, std::size_t stage, int index) {
  const bool first = index == 1;  // the stage's own, of stride 2 and with a bias
  const std::string number = fmt::format("{}_{}", stage, index), conv = "conv" + number;
  std::string relu = "relu" + number;
  onnx::NodeProto& node = first ? graph.add_node("Conv", conv, {input, conv + ".weight", conv + ".bias"})
                                : graph.add_node("Conv", conv, {input, conv + ".weight"});
  set_integers(node, "kernel_shape", {3, 3});
  set_integers(node, "pads", {1, 1, 1, 1});
  set_integers(node, "strides",
               first ? std::initializer_list<std::int64_t>{2, 2} : std::initializer_list<std::int64_t>{1, 1});
  graph.add_node("PRelu", relu, {conv, relu + ".weight"});
  return relu;
}

void add_network(Graph& graph, std::string map, const SphereFaceOptions& network) {
  const auto units = residual_units(network.depth);
  for (std::size_t stage = 1; stage <= units.size(); ++stage) {
    map = add_convolution(graph, map, stage, 1);
    for (int unit = 0; unit < units[stage - 1]; ++unit) {
      const std::string inner = add_convolution(graph, map, stage, 2 * unit + 2);
      const std::string correction = add_convolution(graph, inner, stage, 2 * unit + 3);
      const std::string sum = fmt::format("res{}_{}", stage, 2 * unit + 3);
      graph.add_node("Add", sum, {map, correction});
      map = sum;
    }
  }
  graph.add_node("Flatten", "flatten", {map});
  set_integer(graph.add_node("Gemm", "embedding", {"flatten", "fc5.weight", "fc5.bias"}), "transB", 1);
}

}  // namespace

std::string to_onnx(Model& model, OnnxOptions options) {
  const SphereFaceOptions& network = model.network->options();
  onnx::ModelProto file;
  file.set_ir_version(ir_version);
  file.set_producer_name("hypersphere");
  file.set_producer_version(HYPERSPHERE_VERSION);
  file.set_doc_string(
      fmt::format("SphereFace-{}: faces of {} x {} pixels (width x height), RGB, {}, to embeddings that are "
                  "compared by their angle",
                  network.depth, network.width, network.height,
                  options.preprocessing ? "0 to 255" : "(value - 127.5) / 128"));
  file.add_opset_import()->set_version(opset);
  Metadata metadata = to_metadata(describe(model));
  metadata["layout"] = "NCHW";
  metadata["normalisation"] = options.preprocessing ? "inside" : metadata["normalisation"];
  metadata.erase("identities");  // of the head, which is not there
  for (const auto& [key, value] : metadata) {
    onnx::StringStringEntryProto& entry = *file.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }

  file.mutable_graph()->set_name("sphereface");
  describe_value(*file.mutable_graph()->add_input(), "image", {3, network.height, network.width});
  describe_value(*file.mutable_graph()->add_output(), "embedding", {network.embedding});
  Graph graph(*file.mutable_graph());
  for (const ForeignWeight& weight : foreign_weights(model))
    if (!weight.name.starts_with("fc6")) graph.add_weight(weight);
  std::string image = "image";
  if (options.preprocessing) {
    graph.add_values("mid_value", Tensor::full({1}, mid_value));
    graph.add_values("half_range", Tensor::full({1}, half_range));
    graph.add_node("Sub", "centred", {image, "mid_value"});
    graph.add_node("Div", "normalised", {"centred", "half_range"});
    image = "normalised";
  }
  add_network(graph, image, network);
  try {
    onnx::checker::check_model(file);
  } catch (const onnx::checker::ValidationError& problem) {
    fail("onnx: the checker refuses the model: {}", problem.what());
  }
  return file.SerializeAsString();
}

}  // namespace hypersphere
