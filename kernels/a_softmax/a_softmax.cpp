#include "kernels/a_softmax/a_softmax.h"

#include <cmath>

#include "kernels/dispatch.h"
#include "kernels/gemm/gemm.h"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"

namespace hypersphere {
namespace {

void expect_options(const char* where, MarginOptions options) {
  expect(options.margin >= 1 && options.margin <= 4, "{}: expected a margin of 1, 2, 3 or 4, found {}", where,
         options.margin);
  expect(options.lambda >= 0 && std::isfinite(options.lambda),
         "{}: expected a finite lambda of 0 or more, found {}", where, options.lambda);
}

void expect_backward(const char* where, const Tensor& x, const Tensor& w, const Tensor& labels,
                     const Tensor& x_length, const Tensor& cosine, MarginOptions options,
                     const Tensor& dlogits, const char* dlogits_name, const Tensor& dx, const Tensor& dw) {
  expect_options(where, options);
  expect_rank_2(where, x, "x");
  expect_rank_2(where, w, "w");
  const std::int64_t batch = x.shape()[0], classes = w.shape()[0];
  expect_tensor(w, {classes, x.shape()[1]}, DType::f32, where, "w");
  expect_tensor(labels, {batch}, DType::i32, where, "labels");
  expect_tensor(x_length, {batch}, DType::f32, where, "x_length");
  expect_tensor(cosine, {batch}, DType::f32, where, "cosine");
  expect_tensor(dlogits, {batch, classes}, DType::f32, where, dlogits_name);
  expect_tensor(dx, x.shape(), DType::f32, where, "dx");
  expect_tensor(dw, w.shape(), DType::f32, where, "dw");
  expect_device(where, x.device(), x, w, labels, x_length, cosine, dlogits, dx, dw);
}

}  // namespace

Psi a_softmax_psi(int margin, double c) {
  constexpr double root_half = 0.70710678118654752440;  // cos(pi/4)
  c = c > 1 ? 1 : c < -1 ? -1 : c;                      // a NaN stays one
  const double square = c * c;
  int k = 0;
  double cosine = c, derivative = 1;  // of cos(m theta)
  switch (margin) {
    case 1:
      break;
    case 2:
      k = c < 0;
      cosine = 2 * square - 1;
      derivative = 4 * c;
      break;
    case 3:
      k = (c < 0.5) + (c < -0.5);
      cosine = (4 * square - 3) * c;
      derivative = 12 * square - 3;
      break;
    case 4:
      k = (c < root_half) + (c < 0) + (c < -root_half);
      cosine = 8 * square * (square - 1) + 1;
      derivative = (32 * square - 16) * c;
      break;
    default:
      fail("a_softmax_psi: expected a margin of 1, 2, 3 or 4, found {}", margin);
  }
  const double sign = k % 2 == 0 ? 1 : -1;
  return {sign * cosine - 2 * k, sign * derivative};
}

void normalise_rows(const Tensor& v, Tensor& unit, Tensor& length) {
  expect_rank_2("normalise_rows", v, "v");
  expect_tensor(unit, v.shape(), DType::f32, "normalise_rows", "unit");
  expect_tensor(length, {v.shape()[0]}, DType::f32, "normalise_rows", "length");
  expect_device("normalise_rows", v.device(), v, unit, length);
  HYPERSPHERE_DISPATCH(v.device(), normalise_rows, v, unit, length);
}

void normalise_rows_backward(const Tensor& unit, const Tensor& length, const Tensor& dunit, Tensor& dv) {
  constexpr const char* where = "normalise_rows_backward";
  expect_rank_2(where, unit, "unit");
  expect_tensor(length, {unit.shape()[0]}, DType::f32, where, "length");
  expect_tensor(dunit, unit.shape(), DType::f32, where, "dunit");
  expect_tensor(dv, unit.shape(), DType::f32, where, "dv");
  expect_device(where, unit.device(), unit, length, dunit, dv);
  HYPERSPHERE_DISPATCH(unit.device(), normalise_rows_backward, unit, length, dunit, dv);
}

void a_softmax_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options, Tensor& logits,
                       Tensor& cosine) {
  constexpr const char* where = "a_softmax_forward";
  expect_options(where, options);
  expect_rank_2(where, logits, "logits");
  const Shape batch = {logits.shape()[0]};
  expect_tensor(labels, batch, DType::i32, where, "labels");
  expect_tensor(x_length, batch, DType::f32, where, "x_length");
  expect_tensor(cosine, batch, DType::f32, where, "cosine");
  expect_device(where, logits.device(), labels, x_length, logits, cosine);
  HYPERSPHERE_DISPATCH(logits.device(), a_softmax_forward, labels, x_length, options, logits, cosine);
}

void a_softmax_loss_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options,
                            Tensor& logits, Tensor& cosine, Tensor& loss, Tensor& correct) {
  constexpr const char* where = "a_softmax_loss_forward";
  expect_options(where, options);
  expect_rank_2(where, logits, "logits");
  expect(logits.size() > 0, "{}: expected logits of at least one row and one class, found {}", where,
         describe(logits));
  const Shape batch = {logits.shape()[0]};
  expect_tensor(labels, batch, DType::i32, where, "labels");
  expect_tensor(x_length, batch, DType::f32, where, "x_length");
  expect_tensor(cosine, batch, DType::f32, where, "cosine");
  expect_tensor(loss, {}, DType::f32, where, "loss");
  expect_tensor(correct, {}, DType::i32, where, "correct");
  expect_device(where, logits.device(), labels, x_length, logits, cosine, loss, correct);
  HYPERSPHERE_DISPATCH(logits.device(), a_softmax_loss_forward, labels, x_length, options, logits, cosine,
                       loss, correct);
}

void a_softmax_backward(const Tensor& x, const Tensor& w, const Tensor& labels, const Tensor& x_length,
                        const Tensor& cosine, MarginOptions options, Tensor& dlogits, Tensor& dx,
                        Tensor& dw) {
  constexpr const char* where = "a_softmax_backward";
  expect_backward(where, x, w, labels, x_length, cosine, options, dlogits, "dlogits", dx, dw);
  Tensor radial = Tensor::empty({x.shape()[0]}, DType::f32, x.device());
  // The authors' gradient of W is that of the product alone, so it comes before the margin's coefficient.
  const bool plain_dw = options.gradient == MarginGradient::sphereface;
  if (plain_dw) gemm(Transpose::yes, Transpose::no, dlogits, x, 0.0f, dw);
  HYPERSPHERE_DISPATCH(x.device(), a_softmax_target_gradient, labels, x_length, cosine, options, dlogits,
                       radial);
  if (!plain_dw) gemm(Transpose::yes, Transpose::no, dlogits, x, 0.0f, dw);
  gemm(Transpose::no, Transpose::no, dlogits, w, 0.0f, dx);
  add_scaled_rows(radial, x, dx);
}

void a_softmax_loss_backward(const Tensor& x, const Tensor& w, const Tensor& labels, const Tensor& x_length,
                             const Tensor& cosine, MarginOptions options, const Tensor& dloss,
                             Tensor& probabilities, Tensor& dx, Tensor& dw) {
  constexpr const char* where = "a_softmax_loss_backward";
  expect_backward(where, x, w, labels, x_length, cosine, options, probabilities, "probabilities", dx, dw);
  expect_tensor(dloss, {}, DType::f32, where, "dloss");
  expect_device(where, x.device(), dloss);
  if (options.gradient == MarginGradient::sphereface) {
    softmax_cross_entropy_backward(probabilities, labels, dloss, probabilities);
    a_softmax_backward(x, w, labels, x_length, cosine, options, probabilities, dx, dw);
    return;
  }
  Tensor radial = Tensor::empty({x.shape()[0]}, DType::f32, x.device());
  HYPERSPHERE_DISPATCH(x.device(), a_softmax_loss_gradient, labels, x_length, cosine, options, dloss,
                       probabilities, radial);
  gemm(Transpose::yes, Transpose::no, probabilities, x, 0.0f, dw);
  gemm(Transpose::no, Transpose::no, probabilities, w, 0.0f, dx);
  add_scaled_rows(radial, x, dx);
}

void a_softmax_margin(const Tensor& plain, const Tensor& x_length, MarginOptions options, Tensor& cosine,
                      Tensor& target) {
  constexpr const char* where = "a_softmax_margin";
  expect_options(where, options);
  const Shape batch = plain.shape();
  expect_tensor(plain, batch, DType::f32, where, "plain");
  expect_tensor(x_length, batch, DType::f32, where, "x_length");
  expect_tensor(cosine, batch, DType::f32, where, "cosine");
  expect_tensor(target, batch, DType::f32, where, "target");
  expect_device(where, plain.device(), plain, x_length, cosine, target);
  HYPERSPHERE_DISPATCH(plain.device(), a_softmax_margin, plain, x_length, options, cosine, target);
}

void a_softmax_part_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, std::int64_t first, Tensor& dlogits, Tensor& radial) {
  constexpr const char* where = "a_softmax_part_gradient";
  expect_options(where, options);
  expect_rank_2(where, dlogits, "dlogits");
  expect(first >= 0, "{}: expected a first class of 0 or more, found {}", where, first);
  const Shape batch = {dlogits.shape()[0]};
  expect_tensor(labels, batch, DType::i32, where, "labels");
  expect_tensor(x_length, batch, DType::f32, where, "x_length");
  expect_tensor(cosine, batch, DType::f32, where, "cosine");
  expect_tensor(radial, batch, DType::f32, where, "radial");
  expect_device(where, dlogits.device(), labels, x_length, cosine, dlogits, radial);
  HYPERSPHERE_DISPATCH(dlogits.device(), a_softmax_part_gradient, labels, x_length, cosine, options, first,
                       dlogits, radial);
}

void add_scaled_rows(const Tensor& radial, const Tensor& x, Tensor& dx) {
  constexpr const char* where = "add_scaled_rows";
  expect_rank_2(where, x, "x");
  expect_tensor(radial, {x.shape()[0]}, DType::f32, where, "radial");
  expect_tensor(dx, x.shape(), DType::f32, where, "dx");
  expect_device(where, x.device(), radial, x, dx);
  HYPERSPHERE_DISPATCH(x.device(), add_scaled_rows, radial, x, dx);
}

}  // namespace hypersphere
