#include <algorithm>

#include "autograd/functions.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/prelu/prelu.h"

namespace hypersphere {
namespace {

constexpr Conv2dOptions same_size{.stride = 1, .pad = 1};

Tensor like(const Tensor& tensor) { return Tensor::empty(tensor.shape(), tensor.dtype(), tensor.device()); }

// One convolution and PReLU of the unit, and its gradients.
struct Half {
  Tensor x, w, slope, before;  // w in the type of x

  Tensor weight_gradient(const Tensor& dbefore) const {
    Tensor dw = Tensor::empty(w.shape(), DType::f32, w.device());
    conv2d_backward_weight(x, dbefore, same_size, dw);
    return dw;
  }
};

}  // namespace

Variable residual_unit(Variable x, const Variable& w1, const Variable& slope1, const Variable& w2,
                       const Variable& slope2) {
  const bool handed_over = x.sole_owner();
  const std::vector<Variable> inputs = {x, w1, slope1, w2, slope2};
  const bool recorded = NoGradient::recording() && std::ranges::any_of(inputs, &Variable::requires_gradient);
  const Tensor& image = x.value();
  const auto before = [&] { return recorded ? like(image) : Tensor(); };
  Half first{image, converted(w1.value(), image.dtype()), slope1.value(), before()};
  Half second{like(image), converted(w2.value(), image.dtype()), slope2.value(), before()};
  Tensor y = handed_over && !recorded ? image : like(image);
  conv2d_prelu_forward(first.x, first.w, Tensor(), first.slope, Tensor(), same_size, first.before, second.x);
  conv2d_prelu_forward(second.x, second.w, Tensor(), second.slope, image, same_size, second.before, y);
  return Variable::record(
      "residual_unit", y, inputs,
      [first, second, x_wanted = x.requires_gradient(), w1_wanted = w1.requires_gradient(),
       w2_wanted = w2.requires_gradient()](const Tensor& dy) mutable -> std::vector<Tensor> {
        Tensor dslope1 = Tensor::empty(first.slope.shape(), DType::f32, dy.device());
        Tensor dslope2 = Tensor::empty(second.slope.shape(), DType::f32, dy.device());
        Tensor dsecond = like(dy);  // with respect to second.before
        prelu_backward(second.before, second.slope, dy, dsecond, dslope2);
        second.before = Tensor();  // its memory serves what follows
        Tensor dfirst = like(dy);
        conv2d_backward_data_prelu(dsecond, second.w, first.before, first.slope, same_size, dfirst, dslope1);
        first.before = Tensor();
        const Tensor dw2 = w2_wanted ? second.weight_gradient(dsecond) : Tensor();
        second.x = dsecond = Tensor();
        Tensor dx;
        if (x_wanted) {
          dx = like(dy);
          conv2d_backward_data_sum(dfirst, first.w, dy, same_size, dx);
        }
        const Tensor dw1 = w1_wanted ? first.weight_gradient(dfirst) : Tensor();
        return {dx, dw1, dslope1, dw2, dslope2};
      });
}

}  // namespace hypersphere
