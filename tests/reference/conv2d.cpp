#include "tests/reference/conv2d.h"

namespace hypersphere::reference {
namespace {

// Row-major index of [a, b, c, d] in an array with the last three extents B, C, D.
std::int64_t flat(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d, std::int64_t B,
                  std::int64_t C, std::int64_t D) {
  return ((a * B + b) * C + c) * D + d;
}

}  // namespace

double Conv2d::forward_at(const Values& x, const Values& w, const Values& bias, std::int64_t index) const {
  const std::int64_t o = index % out, ox = index / out % out_width(),
                     oy = index / out / out_width() % out_height(),
                     n = index / out / out_width() / out_height();
  double sum = bias.empty() ? 0 : at(bias, o);
  for (std::int64_t ky = 0; ky < kh; ++ky)
    for (std::int64_t kx = 0; kx < kw; ++kx) {
      const std::int64_t iy = oy * stride + ky - pad, ix = ox * stride + kx - pad;
      if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
      for (std::int64_t i = 0; i < in; ++i)
        sum += at(x, flat(n, iy, ix, i, height, width, in)) * at(w, flat(o, ky, kx, i, kh, kw, in));
    }
  return sum;
}

double Conv2d::backward_data_at(const Values& dy, const Values& w, std::int64_t index) const {
  const std::int64_t i = index % in, ix = index / in % width, iy = index / in / width % height,
                     n = index / in / width / height;
  double sum = 0;
  for (std::int64_t oy = 0; oy < out_height(); ++oy)
    for (std::int64_t ox = 0; ox < out_width(); ++ox) {
      const std::int64_t ky = iy + pad - oy * stride, kx = ix + pad - ox * stride;
      if (ky < 0 || ky >= kh || kx < 0 || kx >= kw) continue;
      for (std::int64_t o = 0; o < out; ++o)
        sum += at(dy, flat(n, oy, ox, o, out_height(), out_width(), out)) *
               at(w, flat(o, ky, kx, i, kh, kw, in));
    }
  return sum;
}

double Conv2d::backward_weight_at(const Values& x, const Values& dy, std::int64_t index) const {
  const std::int64_t i = index % in, kx = index / in % kw, ky = index / in / kw % kh,
                     o = index / in / kw / kh;
  double sum = 0;
  for (std::int64_t n = 0; n < batch; ++n)
    for (std::int64_t oy = 0; oy < out_height(); ++oy)
      for (std::int64_t ox = 0; ox < out_width(); ++ox) {
        const std::int64_t iy = oy * stride + ky - pad, ix = ox * stride + kx - pad;
        if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
        sum += at(dy, flat(n, oy, ox, o, out_height(), out_width(), out)) *
               at(x, flat(n, iy, ix, i, height, width, in));
      }
  return sum;
}

Values Conv2d::forward(const Values& x, const Values& w, const Values& bias) const {
  Values y = zeros(y_size());
  for (std::int64_t i = 0; i < y_size(); ++i) at(y, i) = forward_at(x, w, bias, i);
  return y;
}

Values Conv2d::backward_data(const Values& dy, const Values& w) const {
  Values dx = zeros(x_size());
  for (std::int64_t i = 0; i < x_size(); ++i) at(dx, i) = backward_data_at(dy, w, i);
  return dx;
}

Values Conv2d::backward_weight(const Values& x, const Values& dy) const {
  Values dw = zeros(w_size());
  for (std::int64_t i = 0; i < w_size(); ++i) at(dw, i) = backward_weight_at(x, dy, i);
  return dw;
}

}  // namespace hypersphere::reference
