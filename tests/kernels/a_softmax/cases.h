// The cases that the tests of the A-Softmax share.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "kernels/a_softmax/a_softmax.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"
#include "tests/reference/heads.h"

namespace hypersphere::test {

using reference::ASoftmax;

struct Case {
  std::string name;
  ASoftmax head;  // batch, size, classes, margin, lambda
};

inline const Case cases[] = {
    {"one row, one class", {1, 2, 1, 4, 5}},         {"m = 1", {6, 8, 5, 1, 0}},
    {"m = 1 with lambda", {6, 8, 5, 1, 5}},          {"m = 2", {6, 8, 5, 2, 0}},
    {"m = 2 with lambda", {6, 8, 5, 2, 5}},          {"m = 3", {6, 8, 5, 3, 0}},
    {"m = 3 with lambda", {6, 8, 5, 3, 7.5}},        {"m = 4", {8, 8, 5, 4, 0}},
    {"m = 4 with lambda", {8, 8, 5, 4, 5}},          {"m = 4, lambda of the start", {8, 8, 5, 4, 1000}},
    {"two dimensions, ragged", {13, 2, 3, 4, 0.5}},  {"more classes than rows", {3, 19, 67, 3, 1}},
    {"SphereFace's embedding", {20, 512, 37, 4, 5}},
};

struct Input {
  Tensor x, v, labels;  // v: class weights of any length
};

/// Rows of x at angles that lie in every piece of psi, and well inside: on a border the derivative jumps.
inline Input draw(const ASoftmax& head) {
  Input in{random_tensor({head.batch, head.size}), random_tensor({head.classes, head.size}, 0.3f),
           random_labels(head.batch, head.classes)};
  // Central differences need rows that are long beside their step, which two numbers need not be.
  const Values lengths = reference::row_lengths(to_double(in.v), head.size);
  for (std::int64_t j = 0; j < head.classes; ++j)
    if (reference::at(lengths, j) < 0.1) in.v.data<float>()[j * head.size] += 0.3f;
  const Values unit = reference::normalise_rows(to_double(in.v), head.size);
  const Tensor places = random_labels(head.batch, 1000);
  float* x = in.x.data<float>();
  for (std::int64_t b = 0; b < head.batch; ++b) {
    const double* w = unit.data() + in.labels.data<std::int32_t>()[b] * head.size;
    const double place = 0.05 + 0.9 * places.data<std::int32_t>()[b] / 1000.0;
    const double theta =
        (static_cast<double>(b % head.margin) + place) * std::numbers::pi / static_cast<double>(head.margin);
    Values across(x + b * head.size, x + (b + 1) * head.size);  // the part of a random row across w
    double along = 0, length = 0;
    for (std::int64_t i = 0; i < head.size; ++i) along += reference::at(across, i) * w[i];
    for (std::int64_t i = 0; i < head.size; ++i) reference::at(across, i) -= along * w[i];
    for (const double value : across) length += value * value;
    for (std::int64_t i = 0; i < head.size; ++i)
      x[b * head.size + i] = static_cast<float>(
          3 * (std::cos(theta) * w[i] + std::sin(theta) * reference::at(across, i) / std::sqrt(length)));
  }
  return in;
}

inline reference::Labels to_vector(const Tensor& labels) {
  const auto span = labels.span<std::int32_t>();
  return {span.begin(), span.end()};
}

/// |x_b| cos(theta_j) for all rows and classes.
inline Values plain_logits(const ASoftmax& head, const Values& x, const Values& w) {
  Values logits;
  for (std::int64_t b = 0; b < head.batch; ++b)
    for (std::int64_t j = 0; j < head.classes; ++j)
      logits.push_back(reference::dot({x.begin() + b * head.size, x.begin() + (b + 1) * head.size},
                                      {w.begin() + j * head.size, w.begin() + (j + 1) * head.size}));
  return logits;
}

/// Multiply-adds of the three products, and what the other kernels cost the emulator.
inline std::int64_t work_of(const ASoftmax& head) {
  return 3 * head.batch * head.size * head.classes +
         10 * (head.batch + head.classes) * (head.size + head.classes);
}

inline MarginOptions options_of(const ASoftmax& head, MarginGradient gradient = MarginGradient::exact) {
  return {head.margin, static_cast<float>(head.lambda), gradient};
}

}  // namespace hypersphere::test
