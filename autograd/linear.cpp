#include "autograd/functions.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"
#include "kernels/reduce/reduce.h"

namespace hypersphere {

Variable linear(const Variable& x, const Variable& w, const Variable& bias) {
  const Tensor& input = x.value();
  const Tensor& weight = w.value();
  expect(weight.shape().rank() == 2, "linear: expected w of shape [out, in], found {}", describe(weight));
  const std::int64_t out = weight.shape()[0], in = weight.shape()[1];
  expect(input.shape().rank() >= 1 && input.size() == input.shape()[0] * in,
         "linear: expected x with {} values a row, found {}", in, describe(input));
  const std::int64_t rows = input.shape()[0];

  const DType dtype = input.dtype();
  const Tensor flat = input.reshape({rows, in}), factor = converted(weight, dtype);
  Tensor y = Tensor::empty({rows, out}, DType::f32, input.device());
  gemm(Transpose::no, Transpose::yes, flat, factor, 0.0f, y);
  if (bias.defined()) add_bias(bias.value(), y);

  const bool x_wanted = x.requires_gradient(), w_wanted = w.requires_gradient(),
             bias_wanted = bias.requires_gradient();
  return Variable::record("linear", y, {x, w, bias},
                          [=, saved_x = w_wanted ? flat : Tensor(), saved_w = x_wanted ? factor : Tensor(),
                           x_shape = input.shape()](const Tensor& dy) -> std::vector<Tensor> {
                            Tensor dx, dw, dbias;
                            const Tensor rounded_dy = x_wanted || w_wanted ? converted(dy, dtype) : dy;
                            if (x_wanted) {
                              Tensor dflat = Tensor::empty({rows, in}, DType::f32, dy.device());
                              gemm(Transpose::no, Transpose::no, rounded_dy, saved_w, 0.0f, dflat);  // dy w
                              dx = converted(dflat, dtype).reshape(x_shape);
                            }
                            if (w_wanted) {
                              dw = Tensor::empty({out, in}, DType::f32, dy.device());
                              gemm(Transpose::yes, Transpose::no, rounded_dy, saved_x, 0.0f, dw);  // dy^T x
                            }
                            if (bias_wanted) {
                              dbias = Tensor::empty({out}, DType::f32, dy.device());
                              column_sum(dy, dbias);
                            }
                            return {dx, dw, dbias};
                          });
}

}  // namespace hypersphere
