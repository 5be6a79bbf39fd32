#include <algorithm>

#include "autograd/functions.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"
#include "kernels/reduce/reduce.h"
#include "kernels/softmax_parts/softmax_parts.h"

namespace hypersphere {
namespace {

/// The classes a part at a time: their rows of w, normalised where the loss differentiates through that, and their logits.
class Parts {
 public:
  Parts(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, std::int64_t most)
      : x_(x), w_(w), bias_(bias), rows_(rows), most_(most) {}

  std::int64_t count() const { return (w_.shape()[0] + most_ - 1) / most_; }

  struct Part {
    std::int64_t first, classes;
    Tensor rows, length;  ///< length: of the rows before they were normalised; undefined where they are not
    Tensor logits;
  };
  Part at(std::int64_t k) const {
    const std::int64_t first = k * most_, classes = std::min(most_, w_.shape()[0] - first);
    Part part{first, classes, w_.slice(first, classes), Tensor(), Tensor()};
    if (rows_ == ClassRows::unit) {
      Tensor unit = Tensor::empty(part.rows.shape(), DType::f32, x_.device());
      part.length = Tensor::empty({classes}, DType::f32, x_.device());
      normalise_rows(part.rows, unit, part.length);
      part.rows = unit;
    }
    part.logits = Tensor::empty({x_.shape()[0], classes}, DType::f32, x_.device());
    gemm(Transpose::no, Transpose::yes, x_, part.rows, 0.0f, part.logits);
    if (bias_.defined()) add_bias(bias_.slice(first, classes), part.logits);
    return part;
  }

 private:
  Tensor x_, w_, bias_;
  ClassRows rows_;
  std::int64_t most_;
};

/// What the way back through a margin needs.
struct Margin {
  MarginOptions options;
  Tensor x_length, cosine;  ///< f32 [B]; undefined for no margin
};

void expect_fit(const char* where, const Tensor& x, const Tensor& w, std::int64_t part) {
  expect(x.shape().rank() == 2 && w.shape().rank() == 2 && x.shape()[1] == w.shape()[1],
         "{}: expected x [B, D] and w [C, D], found {} and {}", where, describe(x), describe(w));
  expect(part >= 1, "{}: expected a part of at least one class, found {}", where, part);
}

/// The loss of both functions below, from the labels' logits without and with a margin.
Variable loss_in_parts(const char* name, const Variable& x, const Variable& w, const Variable& bias,
                       ClassRows rows, const Tensor& labels, std::int64_t most, const Tensor& plain,
                       const Tensor& target, const Margin& margin, Tensor* correct) {
  const Tensor& features = x.value();
  const Device device = features.device();
  const std::int64_t batch = features.shape()[0], classes = w.value().shape()[0];
  const Parts parts(features, w.value(), bias.defined() ? bias.value() : Tensor(), rows, most);

  const Shape table = {parts.count(), batch};
  Tensor largest = Tensor::empty(table, DType::f32, device), sum = Tensor::empty(table, DType::f32, device),
         won = Tensor::empty(table, DType::i32, device);
  for (std::int64_t k = 0; k < parts.count(); ++k) {
    Tensor logits = parts.at(k).logits;
    Tensor part_largest = largest.slice(k, 1).reshape({batch}), part_sum = sum.slice(k, 1).reshape({batch}),
           part_won = won.slice(k, 1).reshape({batch});
    softmax_part_forward(labels, plain, target, k * most, logits, part_largest, part_sum, part_won);
  }
  Tensor log_sum = Tensor::empty({batch}, DType::f32, device), loss = Tensor::empty({}, DType::f32, device),
         count = Tensor::empty({}, DType::i32, device);
  softmax_parts_join(classes, target, largest, sum, won, log_sum, loss, count);
  if (correct != nullptr) *correct = count;

  const bool x_wanted = x.requires_gradient(), w_wanted = w.requires_gradient(),
             bias_wanted = bias.defined() && bias.requires_gradient();
  return Variable::record(name, loss, {x, w, bias}, [=](const Tensor& dloss) -> std::vector<Tensor> {
    Tensor dx = Tensor::zeros(features.shape(), DType::f32, device), dw, dbias;
    if (w_wanted) dw = Tensor::empty({classes, features.shape()[1]}, DType::f32, device);
    if (bias_wanted) dbias = Tensor::empty({classes}, DType::f32, device);
    Tensor radial = margin.x_length.defined() ? Tensor::zeros({batch}, DType::f32, device) : Tensor();
    for (std::int64_t k = 0; k < parts.count(); ++k) {
      Parts::Part part = parts.at(k);
      Tensor& dlogits = part.logits;
      softmax_part_backward(labels, target, log_sum, dloss, part.first, dlogits);
      if (bias_wanted) {
        Tensor part_dbias = dbias.slice(part.first, part.classes);
        column_sum(dlogits, part_dbias);
      }
      const auto to_rows = [&] {
        if (!w_wanted) return;
        Tensor part_dw = dw.slice(part.first, part.classes);
        gemm(Transpose::yes, Transpose::no, dlogits, features, 0.0f, part_dw);
        if (part.length.defined()) normalise_rows_backward(part.rows, part.length, part_dw, part_dw);
      };
      // The authors' gradient of W is that of the product alone, so it comes before the margin's coefficient.
      const bool plain_dw = radial.defined() && margin.options.gradient == MarginGradient::sphereface;
      if (plain_dw) to_rows();
      if (radial.defined())
        a_softmax_part_gradient(labels, margin.x_length, margin.cosine, margin.options, part.first, dlogits,
                                radial);
      if (!plain_dw) to_rows();
      if (x_wanted) gemm(Transpose::no, Transpose::no, dlogits, part.rows, 1.0f, dx);
    }
    if (radial.defined()) add_scaled_rows(radial, features, dx);
    return {x_wanted ? dx : Tensor(), dw, dbias};
  });
}

}  // namespace

Variable softmax_loss_in_parts(const Variable& x, const Variable& w, const Variable& bias,
                               const Tensor& labels, std::int64_t part, Tensor* correct) {
  expect_fit("softmax_loss_in_parts", x.value(), w.value(), part);
  Tensor plain = Tensor::empty({x.value().shape()[0]}, DType::f32, x.value().device());
  label_products(x.value(), w.value(), bias.defined() ? bias.value() : Tensor(), ClassRows::free, labels,
                 plain);
  return loss_in_parts("softmax_loss_in_parts", x, w, bias, ClassRows::free, labels, part, plain, plain, {},
                       correct);
}

Variable a_softmax_loss_in_parts(const Variable& x, const Variable& w, const Tensor& labels,
                                 MarginOptions options, std::int64_t part, Tensor* correct) {
  const Tensor& features = x.value();
  expect_fit("a_softmax_loss_in_parts", features, w.value(), part);
  const Shape batch = {features.shape()[0]};
  const Device device = features.device();
  const auto row = [&] { return Tensor::empty(batch, DType::f32, device); };
  // As in a_softmax_loss: the authors' variant is handed unit rows, the exact one differentiates through making them so.
  const ClassRows rows = options.gradient == MarginGradient::exact ? ClassRows::unit : ClassRows::free;
  Margin margin{options, row(), row()};
  {
    Tensor unit_x = Tensor::empty(features.shape(), DType::f32, device);  // only the lengths are of use here
    normalise_rows(features, unit_x, margin.x_length);
  }
  Tensor plain = row(), target = row();
  label_products(features, w.value(), Tensor(), rows, labels, plain);
  a_softmax_margin(plain, margin.x_length, options, margin.cosine, target);
  return loss_in_parts("a_softmax_loss_in_parts", x, w, Variable(), rows, labels, part, plain, target, margin,
                       correct);
}

}  // namespace hypersphere
