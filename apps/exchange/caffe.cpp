#include "apps/exchange/caffe.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "apps/exchange/caffe.pb.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr std::string_view first_convolution = "conv1_1.weight";

bool is_known(std::string_view layer) {
  return layer.starts_with("conv") || layer.starts_with("relu") || layer == "fc5" || layer == "fc6";
}

// The extents; of the leading ones that old files fill up to four with, as many are left as the layer has.
Shape shape_of(const caffe::Blob& blob, const std::string& name) {
  std::vector<std::int64_t> extents(blob.shape().dim().begin(), blob.shape().dim().end());
  if (!blob.has_shape()) extents = {blob.num(), blob.channels(), blob.height(), blob.width()};
  const bool bias = name.ends_with(".bias"), convolution = name.starts_with("conv");
  const std::size_t rank = bias || name.starts_with("relu") ? 1 : convolution ? 4 : 2;
  while (extents.size() > rank && extents.front() == 1) extents.erase(extents.begin());
  expect(extents.size() == rank, "layer blob '{}': expected {} extents, found {}", name, rank,
         extents.size());
  return Shape::of(extents.data(), static_cast<int>(rank));
}

Tensor values_of(const caffe::Blob& blob, const std::string& name) {
  const Shape shape = shape_of(blob, name);
  const std::int64_t found = blob.data_size() + blob.double_data_size();
  expect(found == shape.size(), "layer blob '{}': expected the {} values of {}, found {}", name, shape.size(),
         to_string(shape), found);
  Tensor values = Tensor::empty(shape);
  if (blob.data_size() > 0)
    std::ranges::copy(blob.data(), values.span<float>().begin());
  else
    std::ranges::transform(blob.double_data(), values.span<float>().begin(),
                           [](double x) { return static_cast<float>(x); });
  return values;
}

template <class Layer>
void add_layer(const Layer& layer, SafeTensors& content) {
  if (!is_known(layer.name()) || layer.blobs_size() == 0) return;
  expect(layer.blobs_size() <= 2, "layer '{}': expected a weight and a bias, found {} blobs", layer.name(),
         layer.blobs_size());
  constexpr const char* kinds[] = {".weight", ".bias"};
  for (int index = 0; index < layer.blobs_size(); ++index) {
    const std::string name = layer.name() + kinds[index];
    expect(!content.contains(name), "layer '{}' comes twice", layer.name());
    content.tensors.emplace_back(name, values_of(layer.blobs(index), name));
  }
}

// Weights [out, 3, kh, kw] for the colours the other way round.
void reverse_colours(Tensor& weight) {
  expect(weight.shape().rank() == 4 && weight.shape()[1] == 3,
         "layer blob '{}': expected three colours, found {}", first_convolution, to_string(weight.shape()));
  const auto values = weight.span<float>();
  const std::size_t window = static_cast<std::size_t>(weight.shape()[2] * weight.shape()[3]);
  for (std::size_t filter = 0; filter < values.size(); filter += 3 * window)
    std::swap_ranges(values.begin() + static_cast<std::ptrdiff_t>(filter),
                     values.begin() + static_cast<std::ptrdiff_t>(filter + window),
                     values.begin() + static_cast<std::ptrdiff_t>(filter + 2 * window));
}

}  // namespace

SafeTensors read_caffe_model(const std::filesystem::path& file, bool bgr) {
  std::ifstream stream(file, std::ios::binary);
  expect(stream.good(), "{}: cannot be opened", file.string());
  caffe::Net net;
  expect(net.ParseFromIstream(&stream),
         "{}: no Caffe model, or damaged: expected a .caffemodel, as caffe writes it", file.string());
  try {
    SafeTensors content;
    for (const caffe::Layer& layer : net.layer()) add_layer(layer, content);
    for (const caffe::OldLayer& layer : net.layers()) add_layer(layer, content);
    expect(!content.tensors.empty(), "expected layers conv1_1 to fc5, found {} layers, none of them such",
           net.layer_size() + net.layers_size());
    for (auto& [name, values] : content.tensors)
      if (bgr && name == first_convolution) reverse_colours(values);
    return content;
  } catch (const Error& error) {
    fail("{}: {}", file.string(), error.what());
  }
}

}  // namespace hypersphere
