#include "kernels/prelu/prelu.h"

#include "autograd/functions.h"

namespace hypersphere {

Variable prelu(const Variable& x, const Variable& slope) {
  Tensor y = Tensor::empty(x.value().shape(), x.value().dtype(), x.value().device());
  prelu_forward(x.value(), slope.value(), y);
  return Variable::record(
      "prelu", y, {x, slope},
      [saved_x = x.value(), saved_slope = slope.value()](const Tensor& dy) -> std::vector<Tensor> {
        Tensor dx = Tensor::empty(saved_x.shape(), saved_x.dtype(), dy.device());
        Tensor dslope = Tensor::empty(saved_slope.shape(), DType::f32, dy.device());
        prelu_backward(saved_x, saved_slope, dy, dx, dslope);
        return {dx, dslope};
      });
}

}  // namespace hypersphere
