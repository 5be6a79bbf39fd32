// Oracles of the operations that are one line of mathematics each: kernels/gemm, prelu, reduce, sgd.
#pragma once

#include "tests/reference/values.h"

namespace hypersphere::reference {

/// op(a) op(b) + beta c, op(a) [m, k], op(b) [k, n]; `c` is not read where beta is 0.
struct Gemm {
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;

  double result_at(const Values& a, const Values& b, double beta, const Values& c, std::int64_t index) const;
  Values result(const Values& a, const Values& b, double beta, const Values& c) const;
};

Values prelu_forward(const Values& x, const Values& slope);
Values prelu_backward_data(const Values& x, const Values& slope, const Values& dy);
Values prelu_backward_slope(const Values& x, const Values& slope, const Values& dy);

/// Sums of the columns of an array of rows of `channels` entries.
Values column_sum(const Values& x, std::int64_t channels);

/// One step of SGD on w and v.
void sgd_update(const Values& g, double rate, double momentum, double decay, Values& w, Values& v);

}  // namespace hypersphere::reference
