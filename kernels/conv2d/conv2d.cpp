#include "kernels/conv2d/conv2d.h"

#include "kernels/dispatch.h"

namespace hypersphere {

Shape conv2d_output_shape(const Shape& x, const Shape& w, Conv2dOptions options) {
  expect(x.rank() == 4 && w.rank() == 4,
         "conv2d: expected x [N, H, W, in] and w [out, kh, kw, in], found {} and {}", to_string(x),
         to_string(w));
  expect(x[3] == w[3], "conv2d: x {} has {} channels, w {} expects {}", to_string(x), x[3], to_string(w),
         w[3]);
  expect(options.stride >= 1 && options.pad >= 0,
         "conv2d: expected stride >= 1 and pad >= 0, found {} and {}", options.stride, options.pad);
  const std::int64_t height = x[1] + 2 * options.pad - w[1], width = x[2] + 2 * options.pad - w[2];
  expect(w[1] >= 1 && w[2] >= 1 && height >= 0 && width >= 0,
         "conv2d: the window of w {} does not fit into x {} with a padding of {}", to_string(w), to_string(x),
         options.pad);
  return {x[0], height / options.stride + 1, width / options.stride + 1, w[0]};
}

void conv2d_forward(const Tensor& x, const Tensor& w, const Tensor& bias, Conv2dOptions options, Tensor& y) {
  constexpr const char* where = "conv2d_forward";
  const Shape output = conv2d_output_shape(x.shape(), w.shape(), options);
  expect_float(where, "x", x);
  expect_tensor(w, w.shape(), x.dtype(), where, "w");
  if (bias.defined()) expect_tensor(bias, {w.shape()[0]}, DType::f32, where, "bias");
  expect_tensor(y, output, x.dtype(), where, "y");
  expect_device(where, x.device(), w, bias, y);
  HYPERSPHERE_DISPATCH(x.device(), conv2d_forward, x, w, bias, options, y);
}

void conv2d_prelu_forward(const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& slope,
                          const Tensor& residual, Conv2dOptions options, Tensor& before, Tensor& y) {
  constexpr const char* where = "conv2d_prelu_forward";
  const Shape output = conv2d_output_shape(x.shape(), w.shape(), options);
  expect_float(where, "x", x);
  expect_tensor(w, w.shape(), x.dtype(), where, "w");
  if (bias.defined()) expect_tensor(bias, {w.shape()[0]}, DType::f32, where, "bias");
  expect_tensor(slope, {w.shape()[0]}, DType::f32, where, "slope");
  if (residual.defined()) expect_tensor(residual, output, x.dtype(), where, "residual");
  if (before.defined()) expect_tensor(before, output, x.dtype(), where, "before");
  expect_tensor(y, output, x.dtype(), where, "y");
  expect_device(where, x.device(), w, bias, slope, residual, before, y);
  HYPERSPHERE_DISPATCH(x.device(), conv2d_prelu_forward, x, w, bias, slope, residual, options, before, y);
}

void conv2d_backward_data(const Tensor& dy, const Tensor& w, Conv2dOptions options, Tensor& dx) {
  constexpr const char* where = "conv2d_backward_data";
  const Shape output = conv2d_output_shape(dx.shape(), w.shape(), options);
  expect_float(where, "dx", dx);
  expect_tensor(dy, output, dx.dtype(), where, "dy");
  expect_tensor(w, w.shape(), dx.dtype(), where, "w");
  expect_device(where, dy.device(), w, dx);
  HYPERSPHERE_DISPATCH(dy.device(), conv2d_backward_data, dy, w, options, dx);
}

void conv2d_backward_data_sum(const Tensor& dy, const Tensor& w, const Tensor& other, Conv2dOptions options,
                              Tensor& dx) {
  constexpr const char* where = "conv2d_backward_data_sum";
  const Shape output = conv2d_output_shape(dx.shape(), w.shape(), options);
  expect_float(where, "dx", dx);
  expect_tensor(dy, output, dx.dtype(), where, "dy");
  expect_tensor(w, w.shape(), dx.dtype(), where, "w");
  expect_tensor(other, dx.shape(), dx.dtype(), where, "other");
  expect_device(where, dy.device(), w, other, dx);
  HYPERSPHERE_DISPATCH(dy.device(), conv2d_backward_data_sum, dy, w, other, options, dx);
}

void conv2d_backward_data_prelu(const Tensor& dy, const Tensor& w, const Tensor& before, const Tensor& slope,
                                Conv2dOptions options, Tensor& dbefore, Tensor& dslope) {
  constexpr const char* where = "conv2d_backward_data_prelu";
  const Shape output = conv2d_output_shape(dbefore.shape(), w.shape(), options);
  expect_float(where, "dbefore", dbefore);
  expect_tensor(dy, output, dbefore.dtype(), where, "dy");
  expect_tensor(w, w.shape(), dbefore.dtype(), where, "w");
  expect_tensor(before, dbefore.shape(), dbefore.dtype(), where, "before");
  expect_tensor(slope, {w.shape()[3]}, DType::f32, where, "slope");
  expect_tensor(dslope, slope.shape(), DType::f32, where, "dslope");
  expect_device(where, dy.device(), w, before, slope, dbefore, dslope);
  HYPERSPHERE_DISPATCH(dy.device(), conv2d_backward_data_prelu, dy, w, before, slope, options, dbefore,
                       dslope);
}

void conv2d_backward_weight(const Tensor& x, const Tensor& dy, Conv2dOptions options, Tensor& dw) {
  constexpr const char* where = "conv2d_backward_weight";
  const Shape output = conv2d_output_shape(x.shape(), dw.shape(), options);
  expect_float(where, "x", x);
  expect_tensor(dy, output, x.dtype(), where, "dy");
  expect_tensor(dw, dw.shape(), DType::f32, where, "dw");
  expect_device(where, x.device(), dy, dw);
  HYPERSPHERE_DISPATCH(x.device(), conv2d_backward_weight, x, dy, options, dw);
}

}  // namespace hypersphere
