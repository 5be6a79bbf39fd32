// Weights in Caffe's format.
#include "apps/exchange/caffe.h"

#include <string>
#include <vector>

#include "apps/exchange/caffe.pb.h"
#include "apps/exchange/nchw.h"
#include "tests/nn/support.h"

namespace hypersphere {
namespace {

using test::TemporaryFolder;

// The wire format by hand (protobuf's "Encoding" page), so that the field numbers are checked against the format and not against themselves.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(value % 128 + 128);
  return bytes + static_cast<char>(value);
}
std::string field(int number, const std::string& content) {  // of the wire type "length-delimited"
  return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(content.size()) + content;
}
std::string integer(int number, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3) + varint(value);
}
template <class Number>
std::string packed(int number, const std::vector<Number>& values) {
  return field(number, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)});
}

constexpr int layer_field = 100, old_layer_field = 2;

std::string blob(const std::vector<std::uint64_t>& extents, const std::vector<float>& values) {
  std::string shape;
  for (const std::uint64_t extent : extents) shape += varint(extent);
  return field(7, field(1, shape)) + packed(5, values);
}
std::string layer(const std::string& name, const std::vector<std::string>& blobs) {
  std::string bytes = field(1, name) + field(2, "Convolution");
  for (const std::string& one : blobs) bytes += field(7, one);
  return field(layer_field, bytes);
}

std::vector<float> numbers(int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i));
  return values;
}

std::vector<float> values_of(const Tensor& tensor) {
  return {tensor.span<float>().begin(), tensor.span<float>().end()};
}

void write_model(const std::filesystem::path& file, Model& model) {
  caffe::Net net;
  net.add_layer()->set_name("data");
  for (const auto& [name, tensor] : to_nchw(model).tensors) {
    const std::string of = name.substr(0, name.find('.'));
    if (net.layer(net.layer_size() - 1).name() != of) net.add_layer()->set_name(of);
    caffe::Blob& blob = *net.mutable_layer(net.layer_size() - 1)->add_blobs();
    for (int axis = 0; axis < tensor.shape().rank(); ++axis)
      blob.mutable_shape()->add_dim(tensor.shape()[axis]);
    for (const float value : tensor.span<float>()) blob.add_data(value);
  }
  test::write_bytes(file, net.SerializeAsString());
}

}  // namespace

TEST_CASE("caffe: layers, blobs and shapes are found by the format's numbers") {
  const TemporaryFolder folder;
  test::write_bytes(folder / "new",
                    field(1, "net") + layer("data", {}) +
                        layer("conv2_1", {blob({2, 1, 3, 3}, numbers(18)), blob({2}, {5, 6})}) +
                        layer("relu2_1", {blob({2}, {7, 8})}) + layer("loss", {blob({1}, {1})}));
  const SafeTensors content = read_caffe_model(folder / "new");
  REQUIRE(content.tensors.size() == 3);
  CHECK(content.at("conv2_1.weight").shape() == Shape{2, 1, 3, 3});
  CHECK(values_of(content.at("conv2_1.weight")) == numbers(18));
  CHECK(values_of(content.at("conv2_1.bias")) == std::vector<float>{5, 6});
  CHECK(values_of(content.at("relu2_1.weight")) == std::vector<float>{7, 8});

  // Before 2015: another field, four extents for everything, and perhaps doubles.
  const std::string four = integer(1, 1) + integer(2, 1) + integer(3, 2) + integer(4, 3);
  test::write_bytes(
      folder / "old",
      field(old_layer_field, field(4, "fc5") +
                                 field(6, four + packed(8, std::vector<double>{1, 2, 3, 4, 5, 6})) +
                                 field(6, integer(1, 1) + integer(2, 1) + integer(3, 1) + integer(4, 2) +
                                              packed(5, std::vector<float>{7, 8}))));
  const SafeTensors old = read_caffe_model(folder / "old");
  CHECK(old.at("fc5.weight").shape() == Shape{2, 3});
  CHECK(values_of(old.at("fc5.weight")) == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(values_of(old.at("fc5.bias")) == std::vector<float>{7, 8});
}

TEST_CASE("caffe: blue, green, red becomes red, green, blue") {
  const TemporaryFolder folder;
  test::write_bytes(folder / "model", layer("conv1_1", {blob({2, 3, 1, 2}, numbers(12))}));
  CHECK(values_of(read_caffe_model(folder / "model").at("conv1_1.weight")) ==
        std::vector<float>{4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7});
  CHECK(values_of(read_caffe_model(folder / "model", false).at("conv1_1.weight")) == numbers(12));
}

TEST_CASE("caffe: a whole network of the authors' gives the embeddings of its weights") {
  const TemporaryFolder folder;
  Model model;
  model.network = std::make_unique<SphereFace>(
      SphereFaceOptions{.depth = 20, .widths = {2, 3, 4, 5}, .height = 112, .width = 96, .embedding = 6});
  model.network->initialise(1);
  model.head = std::make_unique<Head>(HeadOptions{}, 6, 9);
  model.head->initialise(2);
  write_model(folder / "sphereface.caffemodel", model);
  Model back = from_nchw(read_caffe_model(folder / "sphereface.caffemodel", false));
  CHECK(test::same_parameters(*model.network, *back.network));
  REQUIRE(back.head);
  CHECK(test::same_parameters(*model.head, *back.head));
}

TEST_CASE("caffe: what is no such file is refused in one line that names it") {
  const TemporaryFolder folder;
  struct Case {
    std::string bytes;
    const char* message;
  };
  for (const Case& one :
       {Case{"no protobuf \xff\xff", "no Caffe model, or damaged"},
        Case{"", "expected layers conv1_1 to fc5, found 0 layers"},
        Case{layer("ip1", {blob({2}, {1, 2})}), "expected layers conv1_1 to fc5, found 1 layers"},
        Case{layer("conv1_1", {blob({2, 3, 1, 2}, numbers(11))}),
             "layer blob 'conv1_1.weight': expected the 12 values of"},
        Case{layer("conv1_1", {blob({2, 4, 1, 2}, numbers(16))}), "expected three colours"},
        Case{layer("fc5", {blob({2, 3, 4}, numbers(24))}),
             "layer blob 'fc5.weight': expected 2 extents, found 3"},
        Case{layer("relu1_1", {blob({1}, {1})}) + layer("relu1_1", {blob({1}, {1})}),
             "layer 'relu1_1' comes twice"},
        Case{layer("fc5", {blob({1, 1}, {1}), blob({1}, {1}), blob({1}, {1})}),
             "expected a weight and a bias, found 3"},
        Case{layer("conv1_1", {blob({1ull << 62, 3, 4, 4}, {1})}), "shape"}}) {
    test::write_bytes(folder / "file", one.bytes);
    std::string message;
    try {
      read_caffe_model(folder / "file");
    } catch (const Error& error) {
      message = error.what();
    }
    CHECK_MESSAGE(message.starts_with((folder / "file").string() + ": "), message);
    CHECK_MESSAGE(message.find(one.message) != message.npos, message);
  }
  CHECK_THROWS_AS(read_caffe_model(folder / "absent"), Error);
}

}  // namespace hypersphere
