#include "nn/layers.h"

#include <algorithm>
#include <utility>

namespace hypersphere {
namespace {

// The authors' solver settings for biases: twice the learning rate, no weight decay.
constexpr float bias_rate = 2, bias_decay = 0;

constexpr float first_slope = 0.25f;  // He et al., arXiv 1502.01852, section 2.1

}  // namespace

Conv2d::Conv2d(std::int64_t in, std::int64_t out, std::int64_t kernel, Conv2dOptions options, bool with_bias)
    : options_(options),
      weight_(add_parameter("weight", {out, kernel, kernel, in})),
      bias_(with_bias ? &add_parameter("bias", {out}, bias_rate, bias_decay) : nullptr) {}

Variable Conv2d::forward(const Variable& x) const {
  return conv2d(x, weight_.variable, bias_ ? bias_->variable : Variable(), options_);
}

Variable Conv2d::forward(const Variable& x, const PRelu& prelu) const {
  return conv2d_prelu(x, weight_.variable, bias_ ? bias_->variable : Variable(), prelu.slope(), Variable(),
                      options_);
}

PRelu::PRelu(std::int64_t channels) : slope_(add_parameter("slope", {channels})) {
  std::ranges::fill(slope_.variable.value().span<float>(), first_slope);
}

Variable PRelu::forward(const Variable& x) const { return prelu(x, slope_.variable); }

Linear::Linear(std::int64_t in, std::int64_t out)
    : weight_(add_parameter("weight", {out, in})),
      bias_(add_parameter("bias", {out}, bias_rate, bias_decay)) {}

Variable Linear::forward(const Variable& x) const { return linear(x, weight_.variable, bias_.variable); }

ResidualUnit::ResidualUnit(std::int64_t channels)
    : conv1_(channels, channels, 3, {.stride = 1, .pad = 1}, false),
      prelu1_(channels),
      conv2_(channels, channels, 3, {.stride = 1, .pad = 1}, false),
      prelu2_(channels) {
  add_module("conv1", conv1_);
  add_module("prelu1", prelu1_);
  add_module("conv2", conv2_);
  add_module("prelu2", prelu2_);
}

Variable ResidualUnit::forward(Variable x) const {
  return residual_unit(std::move(x), conv1_.weight().variable, prelu1_.slope(), conv2_.weight().variable,
                       prelu2_.slope());
}

}  // namespace hypersphere
