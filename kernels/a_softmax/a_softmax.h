// A-Softmax: the angular margin of SphereFace (Liu et al., arXiv 1704.08063, equations 6 to 8, and
// section 4.1 of the authors' annealing by lambda). The rows of W have unit length and there is no bias, so
// that a plain matrix product x W^T holds |x| cos(theta_j). The margin then changes one entry a row, that of
// the true class y:
//
//   psi(theta) = (-1)^k cos(m theta) - 2k,   theta in [k pi/m, (k+1) pi/m],  k = 0..m-1
//   logit_y = |x| (lambda cos(theta_y) + psi(theta_y)) / (1 + lambda)
//
// psi is a polynomial of c = cos(theta) inside each piece and the piece follows from c, so no acos is needed.
// m = 1 leaves the entry as it is: that is the modified softmax.
//   x: f32 [B, D]   w (unit rows): f32 [C, D]   labels: i32 [B]   logits, dlogits: f32 [B, C]
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// psi and its derivative with respect to c inside the piece of c.
struct Psi {
  double value, derivative;
};

/// psi(theta) as a function of c = cos(theta), for m = 1..4. c is clamped to [-1, 1]; on the border of two
/// pieces (where the value is continuous and the derivative is not) the piece of the larger c counts. Throws
/// Error for another m.
Psi a_softmax_psi(int margin, double c);

/// Exact gradient of f = |x| (lambda c + psi(c)) / (1 + lambda), or the authors' (`sphereface`): there the
/// pair of psi's coefficients, of w and of x, is divided by its length and W's gradient has no margin term
/// ("normalised gradient", as in the authors' Caffe layer).
enum class MarginGradient { exact, sphereface };

struct MarginOptions {
  int margin = 4;                                   ///< m, 1..4
  float lambda = 0;                                 ///< annealing weight of the plain cosine, >= 0
  MarginGradient gradient = MarginGradient::exact;  ///< which gradient the backward pass computes
};

/// Row lengths and unit rows: unit[r] = v[r] / |v[r]|, length[r] = |v[r]|; a zero row stays zero. v, unit:
/// f32 [R, D], length: f32 [R]. unit may be v itself. Throws Error for unfit shapes.
void normalise_rows(const Tensor& v, Tensor& unit, Tensor& length);

/// Back through normalise_rows: dv[r] = (dunit[r] - (dunit[r] . unit[r]) unit[r]) / length[r]; zero where
/// length[r] is zero. dv may be dunit itself. Throws Error for unfit shapes.
void normalise_rows_backward(const Tensor& unit, const Tensor& length, const Tensor& dunit, Tensor& dv);

/// Applies the margin in place: logits[b, y] holds |x_b| cos(theta_y) on entry and logit_y on return; the
/// original cosine, clamped to [-1, 1], is kept in cosine f32 [B]. x_length f32 [B] holds |x_b|; where it is
/// zero, the entry stays 0 and the cosine counts as 0. Throws Error for unfit shapes, a margin outside
/// of 1..4, a lambda that is negative or not finite, or, on the cpu, a label out of range; on cuda the cosine
/// becomes NaN there and nothing else is written.
void a_softmax_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options, Tensor& logits,
                       Tensor& cosine);

/// Backward of a_softmax_forward and of the product logits = x w^T before it. Given dlogits with respect to
/// the final logits, with c, p = psi(c), p' its derivative, g = dlogits[b, y]:
///   exact:
///     dx = sum over j != y of dlogits_j w_j + g ((lambda + p') w_y + (p - c p') x/|x|) / (1 + lambda)
///     dw_j = sum over b of dlogits_bj x_b, the term of j = y_b times (lambda + p') / (1 + lambda)
///   sphereface:
///     dx as above with the pair (p', (p - c p')/|x|) of psi's coefficients of w_y and x divided by its
///     length (lambda's part is not divided); dw = dlogits^T x with the dlogits given
/// dw is the gradient with respect to the unit rows. dlogits is changed (it serves as workspace). Where |x| =
/// 0 the radial term is left out, also of the pair. Workspace: B floats. Throws Error for unfit shapes.
void a_softmax_backward(const Tensor& x, const Tensor& w, const Tensor& labels, const Tensor& x_length,
                        const Tensor& cosine, MarginOptions options, Tensor& dlogits, Tensor& dx, Tensor& dw);

/// Margin, softmax and cross entropy in one. `logits` f32 [B, C] holds the products |x_b| cos(theta_j) on
/// entry; on return it holds the softmax probabilities p of the logits with the margin applied as by
/// a_softmax_forward, `cosine` is what that writes, `loss` f32 [] is the mean of -log p[b, labels[b]], and
/// `correct` i32 [] the number of rows whose largest entry before the margin stands at the label (as
/// count_correct says). Throws Error as a_softmax_forward, and for an empty batch. Labels out of range: as in
/// softmax_cross_entropy.h. Workspace on cuda: 2 B elements.
void a_softmax_loss_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options,
                            Tensor& logits, Tensor& cosine, Tensor& loss, Tensor& correct);

/// Backward of a_softmax_loss_forward and of the product before it, from its `probabilities` and `cosine`: as
/// softmax_cross_entropy_backward with `dloss` f32 [], then a_softmax_backward. `probabilities` is changed
/// (it serves as workspace). Throws Error for unfit shapes. Workspace besides: B floats.
void a_softmax_loss_backward(const Tensor& x, const Tensor& w, const Tensor& labels, const Tensor& x_length,
                             const Tensor& cosine, MarginOptions options, const Tensor& dloss,
                             Tensor& probabilities, Tensor& dx, Tensor& dw);

/// The margin alone, for a head whose classes come in parts (softmax_parts.h): from plain[b] = |x_b| cos(theta_y) to
/// target[b] = logit_y, and cosine[b] as of a_softmax_forward. All f32 [B]; target may be plain itself. Throws Error for
/// unfit shapes, margins and lambdas.
void a_softmax_margin(const Tensor& plain, const Tensor& x_length, MarginOptions options, Tensor& cosine,
                      Tensor& target);

/// Back through the margin, where the label lies in the part of the classes that begins at `first`: dlogits[b, y - first] is
/// multiplied by the coefficient of w_y (a_softmax_backward), and radial[b] becomes that of x_b in dx. Rows with labels in
/// other parts stay as they are. dlogits: f32 [B, c], radial: f32 [B]. Throws Error for unfit shapes, margins and lambdas.
void a_softmax_part_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, std::int64_t first, Tensor& dlogits, Tensor& radial);

/// dx[b] += radial[b] x[b]. x, dx: f32 [B, D], radial: f32 [B]. Throws Error for unfit shapes.
void add_scaled_rows(const Tensor& radial, const Tensor& x, Tensor& dx);

namespace cpu {
void normalise_rows(const Tensor& v, Tensor& unit, Tensor& length);
void normalise_rows_backward(const Tensor& unit, const Tensor& length, const Tensor& dunit, Tensor& dv);
void a_softmax_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options, Tensor& logits,
                       Tensor& cosine);
/// Multiplies dlogits[b, y] by the coefficient of w_y, and writes radial[b], the coefficient of x_b in dx.
void a_softmax_target_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                               MarginOptions options, Tensor& dlogits, Tensor& radial);
void a_softmax_margin(const Tensor& plain, const Tensor& x_length, MarginOptions options, Tensor& cosine,
                      Tensor& target);
void a_softmax_part_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, std::int64_t first, Tensor& dlogits, Tensor& radial);
void add_scaled_rows(const Tensor& radial, const Tensor& x, Tensor& dx);
void a_softmax_loss_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options,
                            Tensor& logits, Tensor& cosine, Tensor& loss, Tensor& correct);
/// softmax_cross_entropy_backward in place, then a_softmax_target_gradient.
void a_softmax_loss_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, const Tensor& dloss, Tensor& probabilities,
                             Tensor& radial);
}  // namespace cpu

namespace cuda {
void normalise_rows(const Tensor& v, Tensor& unit, Tensor& length);
void normalise_rows_backward(const Tensor& unit, const Tensor& length, const Tensor& dunit, Tensor& dv);
void a_softmax_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options, Tensor& logits,
                       Tensor& cosine);
void a_softmax_target_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                               MarginOptions options, Tensor& dlogits, Tensor& radial);
void a_softmax_margin(const Tensor& plain, const Tensor& x_length, MarginOptions options, Tensor& cosine,
                      Tensor& target);
void a_softmax_part_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, std::int64_t first, Tensor& dlogits, Tensor& radial);
void add_scaled_rows(const Tensor& radial, const Tensor& x, Tensor& dx);
void a_softmax_loss_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options,
                            Tensor& logits, Tensor& cosine, Tensor& loss, Tensor& correct);
void a_softmax_loss_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, const Tensor& dloss, Tensor& probabilities,
                             Tensor& radial);
}  // namespace cuda

}  // namespace hypersphere
