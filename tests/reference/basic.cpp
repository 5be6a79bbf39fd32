#include "tests/reference/basic.h"

namespace hypersphere::reference {

double dot(const Values& a, const Values& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double Gemm::result_at(const Values& a, const Values& b, double beta, const Values& c,
                       std::int64_t index) const {
  const std::int64_t row = index / n, column = index % n;
  double sum = beta == 0 ? 0 : beta * at(c, index);
  for (std::int64_t p = 0; p < k; ++p)
    sum +=
        at(a, transpose_a ? p * m + row : row * k + p) * at(b, transpose_b ? column * k + p : p * n + column);
  return sum;
}

Values Gemm::result(const Values& a, const Values& b, double beta, const Values& c) const {
  Values result = zeros(m * n);
  for (std::int64_t i = 0; i < m * n; ++i) at(result, i) = result_at(a, b, beta, c, i);
  return result;
}

Values prelu_forward(const Values& x, const Values& slope) {
  Values y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] > 0 ? x[i] : slope[i % slope.size()] * x[i];
  return y;
}

Values prelu_backward_data(const Values& x, const Values& slope, const Values& dy) {
  Values dx(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) dx[i] = dy[i] * (x[i] > 0 ? 1 : slope[i % slope.size()]);
  return dx;
}

Values prelu_backward_slope(const Values& x, const Values& slope, const Values& dy) {
  Values dslope(slope.size(), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i] <= 0) dslope[i % slope.size()] += dy[i] * x[i];
  return dslope;
}

Values column_sum(const Values& x, std::int64_t channels) {
  Values sums = zeros(channels);
  for (std::size_t i = 0; i < x.size(); ++i) sums[i % sums.size()] += x[i];
  return sums;
}

void sgd_update(const Values& g, double rate, double momentum, double decay, Values& w, Values& v) {
  for (std::size_t i = 0; i < w.size(); ++i) {
    v[i] = momentum * v[i] + rate * (g[i] + decay * w[i]);
    w[i] = w[i] - v[i];
  }
}

}  // namespace hypersphere::reference
