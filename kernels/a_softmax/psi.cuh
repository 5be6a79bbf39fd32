// The margin's arithmetic, a row at a time, in float.
#pragma once

#include <cmath>

#include "kernels/cuda/device.cuh"

namespace hypersphere::cuda {

/// a_softmax.h's Psi and a_softmax_psi() for the device, where nothing can be thrown: margins other than 2
/// and 3 and 4 count as 1.
struct FloatPsi {
  float value, derivative;
};

__device__ __forceinline__ FloatPsi a_softmax_psi(int margin, float c) {
  constexpr float root_half = 0.707106781f;  // cos(pi/4)
  c = c > 1 ? 1 : c < -1 ? -1 : c;           // a NaN stays one
  const float square = c * c;
  int k = 0;
  float cosine = c, derivative = 1;  // of cos(m theta)
  if (margin == 2) {
    k = c < 0;
    cosine = 2 * square - 1;
    derivative = 4 * c;
  } else if (margin == 3) {
    k = (c < 0.5f) + (c < -0.5f);
    cosine = (4 * square - 3) * c;
    derivative = 12 * square - 3;
  } else if (margin == 4) {
    k = (c < root_half) + (c < 0) + (c < -root_half);
    cosine = 8 * square * (square - 1) + 1;
    derivative = (32 * square - 16) * c;
  }
  const float sign = k % 2 == 0 ? 1.0f : -1.0f;
  return {sign * cosine - 2 * static_cast<float>(k), sign * derivative};
}

/// The true class's cosine, and its logit with the margin, from its logit without: plain = |x| cos(theta).
struct MarginLogit {
  float cosine, logit;
};

__device__ __forceinline__ MarginLogit with_margin(float plain, float x_length, int margin, float lambda) {
  if (x_length == 0) return {0, 0};
  const float ratio = plain / x_length, c = ratio > 1 ? 1 : ratio < -1 ? -1 : ratio;
  if (margin == 1) return {c, plain};
  // (lambda plain + |x| psi) / (1 + lambda), but lambda may be so large that its product with anything is not
  // finite.
  return {c, plain + (x_length * a_softmax_psi(margin, c).value - plain) / (1 + lambda)};
}

/// The derivative of that logit: its coefficients of w_y and of x (a_softmax_backward).
struct MarginGradients {
  float along_w, along_x;
};

__device__ __forceinline__ MarginGradients margin_gradients(float c, float x_length, int margin, float lambda,
                                                            bool normalised) {
  const FloatPsi psi = a_softmax_psi(margin, c);
  const float across = psi.value - c * psi.derivative;
  float along_w = psi.derivative, along_x = x_length == 0 ? 0 : across / x_length;
  if (normalised) {
    // The pair times |x|, so that a short x does not carry it out of the range.
    const float w = x_length == 0 ? along_w : along_w * x_length, x = x_length == 0 ? 0 : across;
    const float size = std::hypot(w, x);
    along_w = size > 0 ? w / size : w;
    along_x = size > 0 ? x / size : x;
  }
  return {1 + (along_w - 1) / (1 + lambda), along_x / (1 + lambda)};
}

}  // namespace hypersphere::cuda
