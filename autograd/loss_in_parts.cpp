#include <algorithm>
#include <numeric>

#include "autograd/functions.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/gemm/gemm.h"
#include "kernels/reduce/reduce.h"

namespace hypersphere {
namespace {

std::int64_t sum_of(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// Which of the classes that processes share out are this one's.
ClassRange range_of(const ClassParts& parts, std::int64_t classes) {
  if (!parts.ranks) return {0, classes, classes};
  const auto mine = parts.classes.begin() + parts.ranks->rank();
  return {std::accumulate(parts.classes.begin(), mine, std::int64_t{0}), *mine, sum_of(parts.classes)};
}

/// The rows of all processes that share the classes out, and what they do together; one process alone has its own.
class Gathered {
 public:
  Gathered(const Tensor& x_of_this, const Tensor& labels_of_this, const ClassParts& parts,
           std::int64_t classes)
      : parts_(parts),
        range(range_of(parts, classes)),
        x(all_of(x_of_this, parts.rows)),
        labels(labels_of_this) {
    if (labels.shape() != Shape{x.shape()[0]}) labels = all_of(labels, parts.rows);
  }

  /// The rows of everybody, rows[r] of process r, of which `mine` are this one's.
  Tensor all_of(const Tensor& mine, const std::vector<std::int64_t>& rows) const {
    if (!parts_.ranks) return mine;
    Tensor all = Tensor::empty(mine.shape().with_first(sum_of(rows)), mine.dtype(), mine.device());
    parts_.ranks->gather_rows(mine, rows, all);
    return all;
  }
  void sum(Tensor& values) const {
    if (parts_.ranks) parts_.ranks->sum(values);
  }
  /// This process's rows of the sum over all processes.
  Tensor my_sum(const Tensor& all) const {
    if (!parts_.ranks) return all;
    const std::int64_t rows = parts_.rows[static_cast<std::size_t>(parts_.ranks->rank())];
    Tensor mine = Tensor::empty(all.shape().with_first(rows), DType::f32, all.device());
    parts_.ranks->scatter_sum(all, parts_.rows, mine);
    return mine;
  }
  /// How many parts each process has.
  std::vector<std::int64_t> part_counts() const {
    std::vector<std::int64_t> counts = parts_.ranks ? parts_.classes : std::vector{range.count};
    for (std::int64_t& count : counts) count = (count + parts_.most - 1) / parts_.most;
    return counts;
  }

 private:
  ClassParts parts_;

 public:
  const ClassRange range;  ///< this process's classes
  Tensor x, labels;
};

/// This process's classes a part at a time: their rows of w, normalised where the loss differentiates through that, and their
/// logits.
class Parts {
 public:
  Parts(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, std::int64_t most)
      : x_(x), w_(w), bias_(bias), rows_(rows), most_(most) {}

  std::int64_t count() const { return (w_.shape()[0] + most_ - 1) / most_; }

  struct Part {
    std::int64_t first, classes;  ///< of this process's
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

void expect_fit(const char* where, const Tensor& x, const Tensor& w, const ClassParts& parts) {
  expect(x.shape().rank() == 2 && w.shape().rank() == 2 && x.shape()[1] == w.shape()[1],
         "{}: expected x [B, D] and w [C, D], found {} and {}", where, describe(x), describe(w));
  expect(parts.most >= 1, "{}: expected parts of at least one class, found {}", where, parts.most);
  if (!parts.ranks) return;
  const std::int64_t ranks = parts.ranks->size(), rank = parts.ranks->rank();
  expect(std::ssize(parts.classes) == ranks && std::ssize(parts.rows) == ranks,
         "{}: expected classes and rows of {} processes, found {} and {}", where, ranks, parts.classes.size(),
         parts.rows.size());
  const std::int64_t classes = parts.classes[static_cast<std::size_t>(rank)],
                     rows = parts.rows[static_cast<std::size_t>(rank)];
  expect(w.shape()[0] == classes && x.shape()[0] == rows,
         "{}: expected {} rows of x and {} of w, found {} and {}", where, rows, classes, describe(x),
         describe(w));
}

/// The loss of both functions below, from the labels' logits without and with a margin.
Variable loss_in_parts(const char* name, const Variable& x, const Variable& w, const Variable& bias,
                       ClassRows rows, const Gathered& all, std::int64_t most, const Tensor& plain,
                       const Tensor& target, const Margin& margin, Tensor* correct) {
  const Device device = all.x.device();
  const std::int64_t batch = all.x.shape()[0], size = all.x.shape()[1], first = all.range.first;
  const Parts parts(all.x, w.value(), bias.defined() ? bias.value() : Tensor(), rows, most);

  const Shape table = {parts.count(), batch};
  Tensor largest = Tensor::empty(table, DType::f32, device), sum = Tensor::empty(table, DType::f32, device),
         won = Tensor::empty(table, DType::i32, device);
  for (std::int64_t k = 0; k < parts.count(); ++k) {
    Tensor logits = parts.at(k).logits;
    Tensor part_largest = largest.slice(k, 1).reshape({batch}), part_sum = sum.slice(k, 1).reshape({batch}),
           part_won = won.slice(k, 1).reshape({batch});
    softmax_part_forward(all.labels, plain, target, first + k * most, logits, part_largest, part_sum,
                         part_won);
  }
  Tensor log_sum = Tensor::empty({batch}, DType::f32, device), loss = Tensor::empty({}, DType::f32, device),
         count = Tensor::empty({}, DType::i32, device);
  const std::vector<std::int64_t> counts = all.part_counts();
  softmax_parts_join(all.range.all, target, all.all_of(largest, counts), all.all_of(sum, counts),
                     all.all_of(won, counts), log_sum, loss, count);
  if (correct != nullptr) *correct = count;

  const bool x_wanted = x.requires_gradient(), w_wanted = w.requires_gradient(),
             bias_wanted = bias.defined() && bias.requires_gradient();
  return Variable::record(name, loss, {x, w, bias}, [=](const Tensor& dloss) -> std::vector<Tensor> {
    Tensor dx = Tensor::zeros({batch, size}, DType::f32, device), dw, dbias;
    if (w_wanted) dw = Tensor::empty({all.range.count, size}, DType::f32, device);
    if (bias_wanted) dbias = Tensor::empty({all.range.count}, DType::f32, device);
    Tensor radial = margin.x_length.defined() ? Tensor::zeros({batch}, DType::f32, device) : Tensor();
    for (std::int64_t k = 0; k < parts.count(); ++k) {
      Parts::Part part = parts.at(k);
      Tensor& dlogits = part.logits;
      softmax_part_backward(all.labels, target, log_sum, dloss, first + part.first, dlogits);
      if (bias_wanted) {
        Tensor part_dbias = dbias.slice(part.first, part.classes);
        column_sum(dlogits, part_dbias);
      }
      const auto to_rows = [&] {
        if (!w_wanted) return;
        Tensor part_dw = dw.slice(part.first, part.classes);
        gemm(Transpose::yes, Transpose::no, dlogits, all.x, 0.0f, part_dw);
        if (part.length.defined()) normalise_rows_backward(part.rows, part.length, part_dw, part_dw);
      };
      // The authors' gradient of W is that of the product alone, so it comes before the margin's coefficient.
      const bool plain_dw = radial.defined() && margin.options.gradient == MarginGradient::sphereface;
      if (plain_dw) to_rows();
      if (radial.defined())
        a_softmax_part_gradient(all.labels, margin.x_length, margin.cosine, margin.options,
                                first + part.first, dlogits, radial);
      if (!plain_dw) to_rows();
      if (x_wanted) gemm(Transpose::no, Transpose::no, dlogits, part.rows, 1.0f, dx);
    }
    if (radial.defined()) add_scaled_rows(radial, all.x, dx);
    return {x_wanted ? all.my_sum(dx) : Tensor(), dw, dbias};
  });
}

}  // namespace

Variable softmax_loss_in_parts(const Variable& x, const Variable& w, const Variable& bias,
                               const Tensor& labels, const ClassParts& parts, Tensor* correct) {
  expect_fit("softmax_loss_in_parts", x.value(), w.value(), parts);
  const Gathered all(x.value(), labels, parts, w.value().shape()[0]);
  Tensor plain = Tensor::empty({all.x.shape()[0]}, DType::f32, all.x.device());
  label_products(all.x, w.value(), bias.defined() ? bias.value() : Tensor(), ClassRows::free, all.range,
                 all.labels, plain);
  all.sum(plain);
  return loss_in_parts("softmax_loss_in_parts", x, w, bias, ClassRows::free, all, parts.most, plain, plain,
                       {}, correct);
}

Variable a_softmax_loss_in_parts(const Variable& x, const Variable& w, const Tensor& labels,
                                 MarginOptions options, const ClassParts& parts, Tensor* correct) {
  expect_fit("a_softmax_loss_in_parts", x.value(), w.value(), parts);
  const Gathered all(x.value(), labels, parts, w.value().shape()[0]);
  const auto row = [&] { return Tensor::empty({all.x.shape()[0]}, DType::f32, all.x.device()); };
  // As in a_softmax_loss: the authors' variant is handed unit rows, the exact one differentiates through making them so.
  const ClassRows rows = options.gradient == MarginGradient::exact ? ClassRows::unit : ClassRows::free;
  Margin margin{options, row(), row()};
  {
    Tensor unit_x =
        Tensor::empty(all.x.shape(), DType::f32, all.x.device());  // only the lengths are of use here
    normalise_rows(all.x, unit_x, margin.x_length);
  }
  Tensor plain = row(), target = row();
  label_products(all.x, w.value(), Tensor(), rows, all.range, all.labels, plain);
  all.sum(plain);
  a_softmax_margin(plain, margin.x_length, options, margin.cosine, target);
  return loss_in_parts("a_softmax_loss_in_parts", x, w, Variable(), rows, all, parts.most, plain, target,
                       margin, correct);
}

}  // namespace hypersphere
