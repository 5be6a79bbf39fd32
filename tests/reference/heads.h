// Oracles of kernels/softmax_cross_entropy and kernels/a_softmax. psi is computed as the paper defines it,
// with the angle itself, so that nothing is shared with the kernels' polynomials.
#pragma once

#include "tests/reference/values.h"

namespace hypersphere::reference {

/// Row-wise v / |v|, rows of `size` entries; a zero row stays zero.
Values normalise_rows(const Values& v, std::int64_t size);
/// |v| of every row.
Values row_lengths(const Values& v, std::int64_t size);
/// The gradient with respect to v, given that with respect to normalise_rows(v): each row times the Jacobian
/// (I - u u^T) / |v|.
Values normalise_rows_backward(const Values& v, std::int64_t size, const Values& dunit);

/// Row-wise softmax.
Values softmax(const Values& logits, std::int64_t classes);
/// The mean over the rows of -log softmax(row)[label].
double cross_entropy(const Values& logits, const Labels& labels, std::int64_t classes);
/// Its gradient with respect to the logits, times dloss.
Values cross_entropy_backward(const Values& logits, const Labels& labels, std::int64_t classes, double dloss);

/// psi(theta) = (-1)^k cos(m theta) - 2k on [k pi/m, (k+1) pi/m].
double psi(int margin, double theta);
/// The derivative of psi with respect to cos(theta).
double psi_derivative(int margin, double theta);

/// x [batch, size] against the unit rows w [classes, size].
struct ASoftmax {
  std::int64_t batch, size, classes;
  int margin;
  double lambda;

  Values logits(const Values& x, const Values& w, const Labels& labels) const;
  /// The angle between x and its true class's row, for every row of x.
  Values angles(const Values& x, const Values& w, const Labels& labels) const;

  struct Gradients {
    Values dx, dw;
  };
  /// Exact gradients with respect to x and the unit rows, given those with respect to the logits.
  Gradients backward(const Values& x, const Values& w, const Labels& labels, const Values& dlogits) const;
  /// The authors' gradients: see MarginGradient::sphereface.
  Gradients sphereface_backward(const Values& x, const Values& w, const Labels& labels,
                                const Values& dlogits) const;
};

}  // namespace hypersphere::reference
