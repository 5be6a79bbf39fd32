#include "apps/evaluation/pair_angles.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/a_softmax/a_softmax.h"
#include "kernels/cpu/parallel.h"
#include "kernels/gemm/gemm.h"

namespace hypersphere {
namespace {

constexpr float degrees_of_radian = static_cast<float>(180 / std::numbers::pi);
constexpr float nearly_parallel = 0.995f;

Tensor unit_rows(const Tensor& rows, const char* name) {
  expect(rows.defined() && rows.dtype() == DType::f32 && rows.device() == Device::cpu &&
             rows.shape().rank() == 2,
         "angles: expected {} of f32 [rows, numbers] on the cpu, found {}", name, describe(rows));
  const auto values = rows.span<float>();
  const auto odd = std::ranges::find_if_not(values, [](float value) { return std::isfinite(value); });
  expect(odd == values.end(), "angles: row {} of {} holds {}, which is not finite",
         (odd - values.begin()) / std::max<std::int64_t>(1, rows.shape()[1]), name,
         odd == values.end() ? 0 : *odd);
  Tensor unit = Tensor::empty(rows.shape()), length = Tensor::empty({rows.shape()[0]});
  normalise_rows(rows, unit, length);
  return unit;
}

// The angle between unit vectors from the length of the chord between u and v, or from that between u and -v.
float angle_of_chord(const float* u, const float* v, std::int64_t size, bool opposed) {
  const float sign = opposed ? -1.0f : 1.0f;
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (std::int64_t i = 0; i < size; ++i) {
    const float difference = u[i] - sign * v[i];
    squares += difference * difference;
  }
  const float angle = 2 * std::asin(std::min(1.0f, std::sqrt(squares) / 2));
  return opposed ? std::numbers::pi_v<float> - angle : angle;
}

// Turns the cosines of one row into degrees.
void to_degrees(float* row, std::int64_t count, const float* u, const float* others, std::int64_t size) {
  for (std::int64_t j = 0; j < count; ++j) {
    const float cosine = row[j];
    const float radians = std::abs(cosine) > nearly_parallel
                              ? angle_of_chord(u, others + j * size, size, cosine < 0)
                              : std::acos(cosine);
    row[j] = degrees_of_radian * radians;
  }
}

}  // namespace

void for_each_angle_strip(const Tensor& a, const Tensor& b, const AngleStrip& strip) {
  const Tensor u = unit_rows(a, "a"),
               v = b.raw() == a.raw() && b.shape() == a.shape() ? u : unit_rows(b, "b");
  const std::int64_t rows = u.shape()[0], columns = v.shape()[0], size = u.shape()[1];
  expect(v.shape()[1] == size && size > 0, "angles: rows of a have {} numbers, rows of b {}", size,
         v.shape()[1]);
  if (rows == 0) return;
  constexpr std::int64_t angles_at_a_time = std::int64_t{1} << 24;
  const std::int64_t most =
      std::clamp<std::int64_t>(angles_at_a_time / std::max<std::int64_t>(1, columns), 1, 512);
  Tensor space = Tensor::empty({std::min(rows, most), columns});
  for (std::int64_t first = 0; first < rows; first += most) {
    const std::int64_t count = std::min(most, rows - first);
    const Tensor some = u.slice(first, count);
    Tensor degrees = space.slice(0, count);
    if (columns > 0) gemm(Transpose::no, Transpose::yes, some, v, 0, degrees);
    float* angles = degrees.data<float>();
    const float *left = some.data<float>(), *right = v.data<float>();
    cpu::parallel_for(count, 1, [=](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        to_degrees(angles + i * columns, columns, left + i * size, right, size);
    });
    strip(first, degrees);
  }
}

double angle_between(std::span<const double> a, std::span<const double> b) {
  expect(a.size() == b.size(), "angles: vectors of {} and of {} numbers", a.size(), b.size());
  double aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  if (aa == 0 || bb == 0) return 90;
  const double a_length = std::sqrt(aa), b_length = std::sqrt(bb);
  double apart = 0, along = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i] / a_length, y = b[i] / b_length;
    apart += (x - y) * (x - y);
    along += (x + y) * (x + y);
  }
  return 2 * std::atan2(std::sqrt(apart), std::sqrt(along)) * 180 / std::numbers::pi;
}

}  // namespace hypersphere
