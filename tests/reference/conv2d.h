// Oracle of kernels/conv2d. Every output element can be computed alone, so that large layers can be checked
// by a sample. Layouts are the kernels': NHWC and [out, kh, kw, in]; indices are flat.
#pragma once

#include "tests/reference/values.h"

namespace hypersphere::reference {

struct Conv2d {
  std::int64_t batch, height, width, in, out, kh, kw, stride, pad;

  std::int64_t out_height() const { return (height + 2 * pad - kh) / stride + 1; }
  std::int64_t out_width() const { return (width + 2 * pad - kw) / stride + 1; }
  std::int64_t x_size() const { return batch * height * width * in; }
  std::int64_t w_size() const { return out * kh * kw * in; }
  std::int64_t y_size() const { return batch * out_height() * out_width() * out; }

  /// y[index]; an empty bias counts as zero.
  double forward_at(const Values& x, const Values& w, const Values& bias, std::int64_t index) const;
  /// dx[index].
  double backward_data_at(const Values& dy, const Values& w, std::int64_t index) const;
  /// dw[index].
  double backward_weight_at(const Values& x, const Values& dy, std::int64_t index) const;

  Values forward(const Values& x, const Values& w, const Values& bias) const;
  Values backward_data(const Values& dy, const Values& w) const;
  Values backward_weight(const Values& x, const Values& dy) const;
};

}  // namespace hypersphere::reference
