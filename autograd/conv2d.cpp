#include "kernels/conv2d/conv2d.h"

#include <algorithm>

#include "autograd/functions.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/prelu/prelu.h"
#include "kernels/reduce/reduce.h"

namespace hypersphere {
namespace {

Tensor value_or_none(const Variable& variable) { return variable.defined() ? variable.value() : Tensor(); }

// What a convolution's backward pass needs. dx needs w alone and dw needs x alone, so each is saved only for the
// other's sake. The first layer's image requires no gradient: its dx, as dear as the forward pass, is never computed.
struct Saved {
  Tensor x, w;  // w in the type of x
  Shape x_shape, w_shape;
  bool x_wanted, w_wanted, bias_wanted;
  Conv2dOptions options;

  Saved(const Variable& image, const Variable& weight, const Tensor& rounded_weight, const Variable& bias,
        Conv2dOptions how)
      : x(weight.requires_gradient() ? image.value() : Tensor()),
        w(image.requires_gradient() ? rounded_weight : Tensor()),
        x_shape(image.value().shape()),
        w_shape(weight.value().shape()),
        x_wanted(image.requires_gradient()),
        w_wanted(weight.requires_gradient()),
        bias_wanted(bias.requires_gradient()),
        options(how) {}

  // The gradients of x, w and bias.
  std::vector<Tensor> backward(const Tensor& dy) const {
    Tensor dx, dw, dbias;
    if (x_wanted) {
      dx = Tensor::empty(x_shape, dy.dtype(), dy.device());
      conv2d_backward_data(dy, w, options, dx);
    }
    if (w_wanted) {
      dw = Tensor::empty(w_shape, DType::f32, dy.device());
      conv2d_backward_weight(x, dy, options, dw);
    }
    if (bias_wanted) {
      dbias = Tensor::empty({w_shape[0]}, DType::f32, dy.device());
      column_sum(dy, dbias);
    }
    return {dx, dw, dbias};
  }
};

}  // namespace

Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, Conv2dOptions options) {
  const Tensor& image = x.value();
  const Tensor weight = converted(w.value(), image.dtype());
  Tensor y = Tensor::empty(conv2d_output_shape(image.shape(), weight.shape(), options), image.dtype(),
                           image.device());
  conv2d_forward(image, weight, value_or_none(bias), options, y);
  return Variable::record(
      "conv2d", y, {x, w, bias},
      [saved = Saved(x, w, weight, bias, options)](const Tensor& dy) { return saved.backward(dy); });
}

Variable conv2d_prelu(const Variable& x, const Variable& w, const Variable& bias, const Variable& slope,
                      const Variable& residual, Conv2dOptions options) {
  const Tensor& image = x.value();
  const Tensor weight = converted(w.value(), image.dtype());
  const auto like_y = [&] {
    return Tensor::empty(conv2d_output_shape(image.shape(), weight.shape(), options), image.dtype(),
                         image.device());
  };
  const std::vector<Variable> inputs = {x, w, bias, slope, residual};
  const bool recorded = NoGradient::recording() && std::ranges::any_of(inputs, &Variable::requires_gradient);
  Tensor before = recorded ? like_y() : Tensor();
  Tensor y = like_y();
  conv2d_prelu_forward(image, weight, value_or_none(bias), slope.value(), value_or_none(residual), options,
                       before, y);
  return Variable::record(
      "conv2d_prelu", y, inputs,
      [before, slopes = slope.value(), with_residual = residual.requires_gradient(),
       saved = Saved(x, w, weight, bias, options)](const Tensor& dy) mutable -> std::vector<Tensor> {
        Tensor dbefore = Tensor::empty(dy.shape(), dy.dtype(), dy.device());
        Tensor dslope = Tensor::empty(slopes.shape(), DType::f32, dy.device());
        prelu_backward(before, slopes, dy, dbefore, dslope);
        before = Tensor();  // its memory serves what follows
        std::vector<Tensor> gradients = saved.backward(dbefore);
        gradients.push_back(dslope);
        gradients.push_back(with_residual ? dy : Tensor());
        return gradients;
      });
}

}  // namespace hypersphere
