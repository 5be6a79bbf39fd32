#include "kernels/conv2d/conv2d.h"

#include "autograd/functions.h"
#include "kernels/reduce/reduce.h"

namespace hypersphere {

Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, Conv2dOptions options) {
  const Tensor& image = x.value();
  const Tensor& weight = w.value();
  Tensor y =
      Tensor::empty(conv2d_output_shape(image.shape(), weight.shape(), options), DType::f32, image.device());
  conv2d_forward(image, weight, bias.defined() ? bias.value() : Tensor(), options, y);

  // dx needs w alone and dw needs x alone, so each is saved only for the other's sake. The first layer's
  // image requires no gradient: its dx, as dear as the forward pass, is never computed.
  const bool x_wanted = x.requires_gradient(), w_wanted = w.requires_gradient(),
             bias_wanted = bias.requires_gradient();
  return Variable::record(
      "conv2d", y, {x, w, bias},
      [=, saved_x = w_wanted ? image : Tensor(), saved_w = x_wanted ? weight : Tensor(),
       x_shape = image.shape(), w_shape = weight.shape()](const Tensor& dy) -> std::vector<Tensor> {
        Tensor dx, dw, dbias;
        if (x_wanted) {
          dx = Tensor::empty(x_shape, DType::f32, dy.device());
          conv2d_backward_data(dy, saved_w, options, dx);
        }
        if (w_wanted) {
          dw = Tensor::empty(w_shape, DType::f32, dy.device());
          conv2d_backward_weight(saved_x, dy, options, dw);
        }
        if (bias_wanted) {
          dbias = Tensor::empty({w_shape[0]}, DType::f32, dy.device());
          column_sum(dy, dbias);
        }
        return {dx, dw, dbias};
      });
}

}  // namespace hypersphere
