#include "tests/reference/heads.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hypersphere::reference {
namespace {

Values row(const Values& matrix, std::int64_t r, std::int64_t size) {
  return {matrix.begin() + r * size, matrix.begin() + (r + 1) * size};
}

std::int64_t rows_of(const Values& matrix, std::int64_t size) { return std::ssize(matrix) / size; }

int piece(int margin, double theta) {
  return std::clamp(static_cast<int>(std::floor(theta * margin / std::numbers::pi)), 0, margin - 1);
}

}  // namespace

Values row_lengths(const Values& v, std::int64_t size) {
  Values lengths;
  for (std::int64_t r = 0; r < rows_of(v, size); ++r)
    lengths.push_back(std::sqrt(dot(row(v, r, size), row(v, r, size))));
  return lengths;
}

Values normalise_rows(const Values& v, std::int64_t size) {
  const Values lengths = row_lengths(v, size);
  Values unit = v;
  for (std::int64_t i = 0; i < std::ssize(v); ++i)
    if (at(lengths, i / size) > 0) at(unit, i) /= at(lengths, i / size);
  return unit;
}

Values normalise_rows_backward(const Values& v, std::int64_t size, const Values& dunit) {
  const Values lengths = row_lengths(v, size), unit = normalise_rows(v, size);
  Values dv = zeros(std::ssize(v));
  for (std::int64_t r = 0; r < std::ssize(lengths); ++r)
    for (std::int64_t i = 0; i < size; ++i)
      for (std::int64_t j = 0; j < size; ++j)
        if (at(lengths, r) > 0)
          at(dv, r * size + i) += at(dunit, r * size + j) *
                                  ((i == j ? 1 : 0) - at(unit, r * size + i) * at(unit, r * size + j)) /
                                  at(lengths, r);
  return dv;
}

Values softmax(const Values& logits, std::int64_t classes) {
  Values probabilities;
  for (std::int64_t r = 0; r < rows_of(logits, classes); ++r) {
    const Values entries = row(logits, r, classes);
    const double largest = *std::max_element(entries.begin(), entries.end());
    double sum = 0;
    for (const double entry : entries) sum += std::exp(entry - largest);
    for (const double entry : entries) probabilities.push_back(std::exp(entry - largest) / sum);
  }
  return probabilities;
}

double cross_entropy(const Values& logits, const Labels& labels, std::int64_t classes) {
  double sum = 0;
  for (std::int64_t r = 0; r < rows_of(logits, classes); ++r) {
    const Values entries = row(logits, r, classes);
    const double largest = *std::max_element(entries.begin(), entries.end());
    double total = 0;
    for (const double entry : entries) total += std::exp(entry - largest);
    sum += std::log(total) + largest - at(entries, labels[static_cast<std::size_t>(r)]);
  }
  return sum / static_cast<double>(labels.size());
}

Values cross_entropy_backward(const Values& logits, const Labels& labels, std::int64_t classes,
                              double dloss) {
  Values gradient = softmax(logits, classes);
  for (std::size_t b = 0; b < labels.size(); ++b)
    at(gradient, static_cast<std::int64_t>(b) * classes + labels[b]) -= 1;
  for (double& entry : gradient) entry *= dloss / static_cast<double>(labels.size());
  return gradient;
}

double psi(int margin, double theta) {
  const int k = piece(margin, theta);
  return (k % 2 == 0 ? 1 : -1) * std::cos(margin * theta) - 2 * k;
}

double psi_derivative(int margin, double theta) {
  const int k = piece(margin, theta);
  // d cos(m theta) / d cos(theta) = m sin(m theta) / sin(theta)
  return (k % 2 == 0 ? 1 : -1) * margin * std::sin(margin * theta) / std::sin(theta);
}

Values ASoftmax::angles(const Values& x, const Values& w, const Labels& labels) const {
  Values angles;
  for (std::int64_t b = 0; b < batch; ++b) {
    const Values xb = row(x, b, size), wy = row(w, labels[static_cast<std::size_t>(b)], size);
    angles.push_back(std::acos(std::clamp(dot(xb, wy) / std::sqrt(dot(xb, xb) * dot(wy, wy)), -1.0, 1.0)));
  }
  return angles;
}

Values ASoftmax::logits(const Values& x, const Values& w, const Labels& labels) const {
  const Values theta = angles(x, w, labels), length = row_lengths(x, size);
  Values logits = zeros(batch * classes);
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t j = 0; j < classes; ++j) {
      const bool target = labels[static_cast<std::size_t>(b)] == j;
      at(logits, b * classes + j) =
          target
              ? at(length, b) * (lambda * std::cos(at(theta, b)) + psi(margin, at(theta, b))) / (1 + lambda)
              : dot(row(x, b, size), row(w, j, size));
    }
  return logits;
}

ASoftmax::Gradients ASoftmax::backward(const Values& x, const Values& w, const Labels& labels,
                                       const Values& dlogits) const {
  const Values theta = angles(x, w, labels), length = row_lengths(x, size);
  Gradients out{zeros(batch * size), zeros(classes * size)};
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t j = 0; j < classes; ++j) {
      const double g = at(dlogits, b * classes + j);
      const double c = std::cos(at(theta, b)), slope = psi_derivative(margin, at(theta, b));
      for (std::int64_t i = 0; i < size; ++i) {
        const double wi = at(w, j * size + i), xi = at(x, b * size + i), direction = xi / at(length, b);
        if (labels[static_cast<std::size_t>(b)] != j) {
          at(out.dx, b * size + i) += g * wi;
          at(out.dw, j * size + i) += g * xi;
          continue;
        }
        // f = |x| h(c), h = (lambda c + psi) / (1 + lambda): df = h x/|x| + |x| h'(c) dc
        const double h = (lambda * c + psi(margin, at(theta, b))) / (1 + lambda);
        const double dh = (lambda + slope) / (1 + lambda);
        at(out.dx, b * size + i) += g * (h * direction + dh * (wi - c * direction));
        at(out.dw, j * size + i) += g * dh * xi;
      }
    }
  return out;
}

ASoftmax::Gradients ASoftmax::sphereface_backward(const Values& x, const Values& w, const Labels& labels,
                                                  const Values& dlogits) const {
  const Values theta = angles(x, w, labels), length = row_lengths(x, size);
  Gradients out{zeros(batch * size), zeros(classes * size)};
  for (std::int64_t b = 0; b < batch; ++b) {
    const double c = std::cos(at(theta, b)), slope = psi_derivative(margin, at(theta, b));
    const double of_w = slope, of_x = (psi(margin, at(theta, b)) - c * slope) / at(length, b);
    const double pair = std::sqrt(of_w * of_w + of_x * of_x);
    for (std::int64_t j = 0; j < classes; ++j) {
      const double g = at(dlogits, b * classes + j);
      for (std::int64_t i = 0; i < size; ++i) {
        const double wi = at(w, j * size + i), xi = at(x, b * size + i);
        const double margin_part = (of_w * wi + of_x * xi) / pair;
        at(out.dx, b * size + i) += labels[static_cast<std::size_t>(b)] == j
                                        ? g * (lambda * wi + margin_part) / (1 + lambda)
                                        : g * wi;
        at(out.dw, j * size + i) += g * xi;
      }
    }
  }
  return out;
}

}  // namespace hypersphere::reference
