#include "apps/bench/onednn.h"

#include <dnnl.hpp>
#include <unordered_map>
#include <utility>

namespace hypersphere::onednn {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

const dnnl::engine& engine() {
  static const dnnl::engine processor(dnnl::engine::kind::cpu, 0);
  return processor;
}

memory::desc description(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

// A tensor of this program as oneDNN sees it. It names axes in the order N, C, H, W (weights: out, in, H, W) whatever the
// order in memory, which the tag tells.
memory view(const Tensor& tensor, const memory::desc& plain) {
  return {plain, engine(), const_cast<float*>(tensor.data<float>())};
}

memory::dims image_dims(const Shape& s) { return {s[0], s[3], s[1], s[2]}; }
memory::desc plain_image(const Shape& s) { return description(image_dims(s), Tag::nhwc); }
memory::desc any_image(const Shape& s) { return description(image_dims(s), Tag::any); }
memory::desc plain_weight(const Shape& s) { return description(image_dims(s), Tag::ohwi); }
memory::desc any_weight(const Shape& s) { return description(image_dims(s), Tag::any); }

}  // namespace

struct Primitive::State {
  dnnl::stream stream{engine()};
  dnnl::primitive primitive;
  std::unordered_map<int, memory> arguments;
  memory result;
  memory::desc plain_result;

  // Copies an argument into the layout that the primitive wants.
  void add_argument(int which, memory plain, const memory::desc& wanted) {
    memory reordered(wanted, engine());
    dnnl::reorder(plain, reordered).execute(stream, plain, reordered);
    stream.wait();
    arguments.emplace(which, std::move(reordered));
  }
  void add_result(int which, const memory::desc& chosen, memory::desc plain) {
    result = memory(chosen, engine());
    plain_result = plain;
    arguments.emplace(which, result);
  }
};

Primitive::Primitive(std::string name, std::unique_ptr<State> state)
    : name_(std::move(name)), state_(std::move(state)) {}
Primitive::~Primitive() = default;

void Primitive::run() {
  state_->primitive.execute(state_->stream, state_->arguments);
  state_->stream.wait();
}

void Primitive::copy_result(Tensor& result) {
  memory target = view(result, state_->plain_result);
  dnnl::reorder(state_->result, target).execute(state_->stream, state_->result, target);
  state_->stream.wait();
}

namespace {

// A layer's direction by `algorithm`, or null where oneDNN has no such kernel for this machine.
std::unique_ptr<Primitive> convolution(const LayerWork& layer, cpu::ConvDirection direction,
                                       dnnl::algorithm algorithm, const std::string& name) {
  const Shape &x = layer.x.shape(), &w = layer.w.shape(), &y = layer.y.shape();
  const memory::dims strides(2, layer.options.stride), pad(2, layer.options.pad);
  // Where a layer does not come out even, less than the whole pad is used at the far edges.
  const auto far = [&](std::int64_t extent, std::int64_t window, std::int64_t out) {
    return (out - 1) * layer.options.stride + window - extent - layer.options.pad;
  };
  const memory::dims far_pad = {far(x[1], w[1], y[1]), far(x[2], w[2], y[2])};
  constexpr bool null_if_none = true;
  auto state = std::make_unique<Primitive::State>();
  const auto named = [&](const dnnl::primitive_desc_base& chosen) {
    return std::make_unique<Primitive>(name + " " + chosen.impl_info_str(), std::move(state));
  };

  using Forward = dnnl::convolution_forward;
  const Forward::primitive_desc forward({dnnl::prop_kind::forward_training, algorithm, any_image(x),
                                         any_weight(w), any_image(y), strides, pad, far_pad},
                                        engine(), null_if_none);
  if (!forward) return nullptr;
  if (direction == cpu::ConvDirection::forward) {
    state->primitive = Forward(forward);
    state->add_argument(DNNL_ARG_SRC, view(layer.x, plain_image(x)), forward.src_desc());
    state->add_argument(DNNL_ARG_WEIGHTS, view(layer.w, plain_weight(w)), forward.weights_desc());
    state->add_result(DNNL_ARG_DST, forward.dst_desc(), plain_image(y));
    return named(forward);
  }
  if (direction == cpu::ConvDirection::backward_data) {
    using Backward = dnnl::convolution_backward_data;
    const Backward::primitive_desc backward(
        {algorithm, any_image(x), any_weight(w), any_image(y), strides, pad, far_pad}, engine(), forward,
        null_if_none);
    if (!backward) return nullptr;
    state->primitive = Backward(backward);
    state->add_argument(DNNL_ARG_DIFF_DST, view(layer.dy, plain_image(y)), backward.diff_dst_desc());
    state->add_argument(DNNL_ARG_WEIGHTS, view(layer.w, plain_weight(w)), backward.weights_desc());
    state->add_result(DNNL_ARG_DIFF_SRC, backward.diff_src_desc(), plain_image(x));
    return named(backward);
  }
  using Backward = dnnl::convolution_backward_weights;
  const Backward::primitive_desc backward(
      {algorithm, any_image(x), any_weight(w), any_image(y), strides, pad, far_pad}, engine(), forward,
      null_if_none);
  if (!backward) return nullptr;
  state->primitive = Backward(backward);
  state->add_argument(DNNL_ARG_SRC, view(layer.x, plain_image(x)), backward.src_desc());
  state->add_argument(DNNL_ARG_DIFF_DST, view(layer.dy, plain_image(y)), backward.diff_dst_desc());
  state->add_result(DNNL_ARG_DIFF_WEIGHTS, backward.diff_weights_desc(), plain_weight(w));
  return named(backward);
}

}  // namespace

std::vector<std::unique_ptr<Primitive>> convolutions(const LayerWork& layer, cpu::ConvDirection direction) {
  std::vector<std::unique_ptr<Primitive>> found;
  for (const auto& [algorithm, name] : {std::pair{dnnl::algorithm::convolution_direct, "direct"},
                                        std::pair{dnnl::algorithm::convolution_winograd, "winograd"}})
    if (auto primitive = convolution(layer, direction, algorithm, name))
      found.push_back(std::move(primitive));
  return found;
}

std::unique_ptr<Primitive> product(const Tensor& a, const Tensor& b) {
  const memory::dims a_dims = {a.shape()[0], a.shape()[1]}, b_dims = {b.shape()[0], b.shape()[1]},
                     c_dims = {a_dims[0], b_dims[1]};
  const dnnl::matmul::primitive_desc chosen(
      {description(a_dims, Tag::any), description(b_dims, Tag::any), description(c_dims, Tag::any)},
      engine());
  auto state = std::make_unique<Primitive::State>();
  state->primitive = dnnl::matmul(chosen);
  state->add_argument(DNNL_ARG_SRC, view(a, description(a_dims, Tag::ab)), chosen.src_desc());
  state->add_argument(DNNL_ARG_WEIGHTS, view(b, description(b_dims, Tag::ab)), chosen.weights_desc());
  state->add_result(DNNL_ARG_DST, chosen.dst_desc(), description(c_dims, Tag::ab));
  return std::make_unique<Primitive>(chosen.impl_info_str(), std::move(state));
}

}  // namespace hypersphere::onednn
