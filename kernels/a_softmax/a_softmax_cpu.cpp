#include <algorithm>
#include <cmath>

#include "kernels/a_softmax/a_softmax.h"
#include "kernels/cpu/parallel.h"
#include "kernels/softmax_cross_entropy/labels.h"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"

namespace hypersphere::cpu {
namespace {

/// In double, so that neither large nor tiny rows leave the range; eight sums, so that no addition waits for
/// the one before.
double dot(const float* a, const float* b, std::int64_t size) {
  constexpr std::int64_t lanes = 8;
  double lane[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= size; i += lanes)
    for (std::int64_t l = 0; l < lanes; ++l)
      lane[l] += static_cast<double>(a[i + l]) * static_cast<double>(b[i + l]);
  for (; i < size; ++i) lane[0] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

std::int64_t row_grain(std::int64_t size) {
  return std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(1, size));
}

/// logit_y and the cosine, from plain = |x| cos(theta_y).
struct MarginLogit {
  float cosine, logit;
};

MarginLogit with_margin(float plain, float x_length, MarginOptions options) {
  if (x_length == 0) return {0, 0};
  const double norm = x_length, given = plain, lambda = options.lambda;
  const double c = std::clamp(given / norm, -1.0, 1.0);
  if (options.margin == 1) return {static_cast<float>(c), plain};
  const double psi = a_softmax_psi(options.margin, c).value;
  return {static_cast<float>(c), static_cast<float>((lambda * given + norm * psi) / (1 + lambda))};
}

/// From g, the gradient with respect to logit_y, the coefficients of w_y and of x in dx: g becomes the first, the second is
/// returned.
float margin_gradient(float cosine, float x_length, MarginOptions options, float& g) {
  const double norm = x_length, c = cosine, lambda = options.lambda;
  const Psi psi = a_softmax_psi(options.margin, c);
  double along_w = psi.derivative;
  double along_x = norm == 0 ? 0 : (psi.value - c * psi.derivative) / norm;
  if (options.gradient == MarginGradient::sphereface) {
    const double size = std::hypot(along_w, along_x);
    if (size > 0) {
      along_w /= size;
      along_x /= size;
    }
  }
  const double given = g;
  g = static_cast<float>(given * (lambda + along_w) / (1 + lambda));
  return static_cast<float>(given * along_x / (1 + lambda));
}

}  // namespace

void normalise_rows(const Tensor& v, Tensor& unit, Tensor& length) {
  const std::int64_t size = v.shape()[1];
  const float* pv = v.data<float>();
  float *pu = unit.data<float>(), *pl = length.data<float>();
  parallel_for(v.shape()[0], row_grain(size), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* in = pv + r * size;
      float* out = pu + r * size;
      const double norm = std::sqrt(dot(in, in, size));
      const double factor = norm == 0 ? 0 : 1 / norm;
      pl[r] = static_cast<float>(norm);
#pragma omp simd  // unit may be v
      for (std::int64_t i = 0; i < size; ++i)
        out[i] = static_cast<float>(static_cast<double>(in[i]) * factor);
    }
  });
}

void normalise_rows_backward(const Tensor& unit, const Tensor& length, const Tensor& dunit, Tensor& dv) {
  const std::int64_t size = unit.shape()[1];
  const float *pu = unit.data<float>(), *pl = length.data<float>(), *pg = dunit.data<float>();
  float* pd = dv.data<float>();
  parallel_for(unit.shape()[0], row_grain(size), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float *u = pu + r * size, *g = pg + r * size;
      float* out = pd + r * size;
      if (pl[r] == 0) {
        std::fill_n(out, size, 0.0f);
        continue;
      }
      const float along = static_cast<float>(dot(g, u, size)), factor = 1 / pl[r];
#pragma omp simd  // dv may be dunit
      for (std::int64_t i = 0; i < size; ++i) out[i] = (g[i] - along * u[i]) * factor;
    }
  });
}

void a_softmax_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options, Tensor& logits,
                       Tensor& cosine) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  expect_labels("a_softmax_forward", labels, classes);
  const std::int32_t* label = labels.data<std::int32_t>();
  const float* length = x_length.data<float>();
  float *all = logits.data<float>(), *cosines = cosine.data<float>();
  for (std::int64_t b = 0; b < batch; ++b) {
    float& logit = all[b * classes + label[b]];
    const MarginLogit changed = with_margin(logit, length[b], options);
    cosines[b] = changed.cosine;
    logit = changed.logit;
  }
}

void a_softmax_target_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                               MarginOptions options, Tensor& dlogits, Tensor& radial) {
  const std::int64_t batch = dlogits.shape()[0], classes = dlogits.shape()[1];
  expect_labels("a_softmax_backward", labels, classes);
  const std::int32_t* label = labels.data<std::int32_t>();
  const float *length = x_length.data<float>(), *cosines = cosine.data<float>();
  float *all = dlogits.data<float>(), *out = radial.data<float>();
  for (std::int64_t b = 0; b < batch; ++b)
    out[b] = margin_gradient(cosines[b], length[b], options, all[b * classes + label[b]]);
}

void a_softmax_margin(const Tensor& plain, const Tensor& x_length, MarginOptions options, Tensor& cosine,
                      Tensor& target) {
  const float *in = plain.data<float>(), *length = x_length.data<float>();
  float *cosines = cosine.data<float>(), *out = target.data<float>();
  for (std::int64_t b = 0; b < plain.size(); ++b) {
    const MarginLogit changed = with_margin(in[b], length[b], options);
    cosines[b] = changed.cosine;
    out[b] = changed.logit;
  }
}

void a_softmax_part_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, std::int64_t first, Tensor& dlogits, Tensor& radial) {
  const std::int64_t batch = dlogits.shape()[0], classes = dlogits.shape()[1];
  const std::int32_t* label = labels.data<std::int32_t>();
  const float *length = x_length.data<float>(), *cosines = cosine.data<float>();
  float *all = dlogits.data<float>(), *out = radial.data<float>();
  for (std::int64_t b = 0; b < batch; ++b) {
    const std::int64_t place = label[b] - first;
    if (place >= 0 && place < classes)
      out[b] = margin_gradient(cosines[b], length[b], options, all[b * classes + place]);
  }
}

void add_scaled_rows(const Tensor& radial, const Tensor& x, Tensor& dx) {
  const std::int64_t size = x.shape()[1];
  const float *factor = radial.data<float>(), *from = x.data<float>();
  float* to = dx.data<float>();
  parallel_for(x.shape()[0], row_grain(size), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const float* in = from + b * size;
      float* out = to + b * size;
#pragma omp simd
      for (std::int64_t i = 0; i < size; ++i) out[i] += factor[b] * in[i];
    }
  });
}

void a_softmax_loss_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options,
                            Tensor& logits, Tensor& cosine, Tensor& loss, Tensor& correct) {
  expect_labels("a_softmax_loss_forward", labels, logits.shape()[1]);
  cpu::count_correct(logits, labels, correct);
  cpu::a_softmax_forward(labels, x_length, options, logits, cosine);
  cpu::softmax_cross_entropy_forward(logits, labels, logits, loss);
}

void a_softmax_loss_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, const Tensor& dloss, Tensor& probabilities,
                             Tensor& radial) {
  cpu::softmax_cross_entropy_backward(probabilities, labels, dloss, probabilities);
  cpu::a_softmax_target_gradient(labels, x_length, cosine, options, probabilities, radial);
}

}  // namespace hypersphere::cpu
