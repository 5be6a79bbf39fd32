// The small transforms of Winograd's F(m x m, 3x3) for m = 6, 4 and 2 (Lavin, Gray: "Fast algorithms for convolutional neural
// networks", arXiv 1509.09308, sections 4.1 and 4.3), on vectors of channels. Compiled once a SIMD target.
//
//   Y = A^T [ (G g G^T) . (B^T d B) ] A       d: (m+2)x(m+2) input tile, g: 3x3 filter, Y: mxm output tile, "." by elements
//
// With m = 6, a tile's 36 outputs cost 64 products in place of 324. Along an axis, an output is the value of a product of
// polynomials that is found by interpolation between m + 1 points and infinity: 0, 1, -1 for m = 2, with 2, -2 for m = 4, with
// 1/2, -1/2 for m = 6. For m = 6:
//
//         | 1    0  -21/4    0    21/4    0   -1  0 |       |   1     0     0   |         | 1  1  1   1   1    1     1   0 |
//         | 0    1     1  -17/4  -17/4    1    1  0 |       | -2/9  -2/9  -2/9  |         | 0  1 -1   2  -2   1/2  -1/2  0 |
//         | 0   -1     1   17/4  -17/4   -1    1  0 |       | -2/9   2/9  -2/9  |   A^T = | 0  1  1   4   4   1/4   1/4  0 |
//   B^T = | 0   1/2   1/4  -5/2   -5/4    2    1  0 |   G = | 1/90  1/45  2/45  |         | 0  1 -1   8  -8   1/8  -1/8  0 |
//         | 0  -1/2   1/4   5/2   -5/4   -2    1  0 |       | 1/90 -1/45  2/45  |         | 0  1  1  16  16  1/16  1/16  0 |
//         | 0    2     4   -5/2    -5   1/2    1  0 |       | 32/45 16/45 8/45  |         | 0  1 -1  32 -32  1/32 -1/32  1 |
//         | 0   -2     4    5/2    -5  -1/2    1  0 |       | 32/45 -16/45 8/45 |
//         | 0   -1     0   21/4     0  -21/4   0  1 |       |   0     0     1   |
//
// A row of B^T holds the coefficients of the product of (t - q) over the other points q, a row of G those of the filter's
// polynomial at the point divided by the product of its distances to the others. With fewer points those distances are
// fewer: G is kept, so that tiles of all sizes share one transformed filter, and the ratio goes into B^T:
//
//   m = 4: B^T = | 1     0    -5/4    0    1/4  0 |      m = 2: B^T = | 1    0    -1   0 |
//                | 0    -3     -3    3/4   3/4  0 |                   | 0  -9/4  -9/4  0 |
//                | 0     3     -3   -3/4   3/4  0 |                   | 0   9/4  -9/4  0 |
//                | 0  -15/2  -15/4  15/2  15/4  0 |                   | 0   -1    0    1 |
//                | 0   15/2  -15/4 -15/2  15/4  0 |
//                | 0     4     0     -5    0    1 |
//
// Every transform is linear, so the gradients use the transposes: with respect to the filter,
//   dg = G^T [ sum over tiles of (B^T d B) . (A dY A^T) ] G.

#include "kernels/gemm/micro_kernel-inl.h"

#if defined(HYPERSPHERE_WINOGRAD_TRANSFORMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HYPERSPHERE_WINOGRAD_TRANSFORMS_INL_H_
#undef HYPERSPHERE_WINOGRAD_TRANSFORMS_INL_H_
#else
#define HYPERSPHERE_WINOGRAD_TRANSFORMS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

inline constexpr int largest_tile = 6;                // outputs of the largest tile along an axis
inline constexpr int most_points = largest_tile + 2;  // its points, and its inputs

/// F(m, 3) along one axis, for m = 2, 4, 6.
template <int m>
struct Outputs {
  static constexpr int outputs = m;
  static constexpr int inputs = m + 2;
  /// Where its k-th point stands among `count` points along the axis: infinity is the last of them, whatever the others.
  static constexpr int point(int k, int count) { return k == m + 1 ? count - 1 : k; }
};
/// Whether F(outputs, 3) uses a point of `count`.
constexpr bool uses_point(int outputs, int point, int count) {
  return point <= outputs || point == count - 1;
}

HWY_INLINE Vector constant(float value) { return hn::Set(Floats(), value); }

/// out = B^T d.
HWY_INLINE void transform_input(const Vector (&d)[8], Vector (&out)[8]) {
  const Vector quarter21 = constant(5.25f), half5 = constant(2.5f), two = constant(2), half = constant(0.5f);
  const Vector even1 = hn::NegMulAdd(constant(4.25f), d[4], hn::Add(d[2], d[6]));
  const Vector odd1 = hn::NegMulAdd(constant(4.25f), d[3], hn::Add(d[1], d[5]));
  const Vector even2 = hn::NegMulAdd(constant(1.25f), d[4], hn::MulAdd(constant(0.25f), d[2], d[6]));
  const Vector odd2 = hn::MulAdd(two, d[5], hn::NegMulAdd(half5, d[3], hn::Mul(half, d[1])));
  const Vector even3 = hn::NegMulAdd(constant(5), d[4], hn::MulAdd(constant(4), d[2], d[6]));
  const Vector odd3 = hn::MulAdd(two, d[1], hn::NegMulAdd(half5, d[3], hn::Mul(half, d[5])));
  out[0] = hn::MulAdd(quarter21, hn::Sub(d[4], d[2]), hn::Sub(d[0], d[6]));
  out[1] = hn::Add(even1, odd1);
  out[2] = hn::Sub(even1, odd1);
  out[3] = hn::Add(even2, odd2);
  out[4] = hn::Sub(even2, odd2);
  out[5] = hn::Add(even3, odd3);
  out[6] = hn::Sub(even3, odd3);
  out[7] = hn::MulAdd(quarter21, hn::Sub(d[3], d[5]), hn::Sub(d[7], d[1]));
}
HWY_INLINE void transform_input(const Vector (&d)[6], Vector (&out)[6]) {
  const Vector scale1 = constant(0.75f), scale2 = constant(3.75f), four = constant(4);
  const Vector even1 = hn::Mul(scale1, hn::NegMulAdd(four, d[2], d[4]));
  const Vector odd1 = hn::Mul(scale1, hn::NegMulAdd(four, d[1], d[3]));
  const Vector even2 = hn::Mul(scale2, hn::Sub(d[4], d[2])),
               odd2 = hn::Mul(constant(7.5f), hn::Sub(d[3], d[1]));
  out[0] = hn::MulAdd(constant(0.25f), d[4], hn::NegMulAdd(constant(1.25f), d[2], d[0]));
  out[1] = hn::Add(even1, odd1);
  out[2] = hn::Sub(even1, odd1);
  out[3] = hn::Add(even2, odd2);
  out[4] = hn::Sub(even2, odd2);
  out[5] = hn::MulAdd(four, d[1], hn::NegMulAdd(constant(5), d[3], d[5]));
}
HWY_INLINE void transform_input(const Vector (&d)[4], Vector (&out)[4]) {
  out[0] = hn::Sub(d[0], d[2]);
  out[1] = hn::Mul(constant(-2.25f), hn::Add(d[1], d[2]));
  out[2] = hn::Mul(constant(2.25f), hn::Sub(d[1], d[2]));
  out[3] = hn::Sub(d[3], d[1]);
}

/// out = G g: for all points, for those without 1/2 and -1/2, or for 0, 1, -1 and infinity alone.
HWY_INLINE void transform_filter(const Vector (&g)[3], Vector (&out)[8]) {
  const Vector scale1 = constant(-2.0f / 9), scale2 = constant(1.0f / 90), scale3 = constant(8.0f / 45);
  const Vector sum1 = hn::Add(g[0], g[2]);
  const Vector sum2 = hn::MulAdd(constant(4), g[2], g[0]), sum3 = hn::MulAdd(constant(4), g[0], g[2]);
  const Vector twice = hn::Add(g[1], g[1]);
  out[0] = g[0];
  out[1] = hn::Mul(scale1, hn::Add(sum1, g[1]));
  out[2] = hn::Mul(scale1, hn::Sub(sum1, g[1]));
  out[3] = hn::Mul(scale2, hn::Add(sum2, twice));
  out[4] = hn::Mul(scale2, hn::Sub(sum2, twice));
  out[5] = hn::Mul(scale3, hn::Add(sum3, twice));
  out[6] = hn::Mul(scale3, hn::Sub(sum3, twice));
  out[7] = g[2];
}
HWY_INLINE void transform_filter(const Vector (&g)[3], Vector (&out)[6]) {
  const Vector scale1 = constant(-2.0f / 9), scale2 = constant(1.0f / 90);
  const Vector sum1 = hn::Add(g[0], g[2]), sum2 = hn::MulAdd(constant(4), g[2], g[0]);
  const Vector twice = hn::Add(g[1], g[1]);
  out[0] = g[0];
  out[1] = hn::Mul(scale1, hn::Add(sum1, g[1]));
  out[2] = hn::Mul(scale1, hn::Sub(sum1, g[1]));
  out[3] = hn::Mul(scale2, hn::Add(sum2, twice));
  out[4] = hn::Mul(scale2, hn::Sub(sum2, twice));
  out[5] = g[2];
}
HWY_INLINE void transform_filter(const Vector (&g)[3], Vector (&out)[4]) {
  const Vector scale1 = constant(-2.0f / 9), sum1 = hn::Add(g[0], g[2]);
  out[0] = g[0];
  out[1] = hn::Mul(scale1, hn::Add(sum1, g[1]));
  out[2] = hn::Mul(scale1, hn::Sub(sum1, g[1]));
  out[3] = g[2];
}

/// out = A^T m.
HWY_INLINE void transform_output(const Vector (&m)[8], Vector (&out)[6]) {
  const Vector sum1 = hn::Add(m[1], m[2]), difference1 = hn::Sub(m[1], m[2]);
  const Vector sum2 = hn::Add(m[3], m[4]), difference2 = hn::Sub(m[3], m[4]);
  const Vector sum3 = hn::Add(m[5], m[6]), difference3 = hn::Sub(m[5], m[6]);
  out[0] = hn::Add(hn::Add(m[0], sum1), hn::Add(sum2, sum3));
  out[1] = hn::MulAdd(constant(0.5f), difference3, hn::MulAdd(constant(2), difference2, difference1));
  out[2] = hn::MulAdd(constant(0.25f), sum3, hn::MulAdd(constant(4), sum2, sum1));
  out[3] = hn::MulAdd(constant(0.125f), difference3, hn::MulAdd(constant(8), difference2, difference1));
  out[4] = hn::MulAdd(constant(0.0625f), sum3, hn::MulAdd(constant(16), sum2, sum1));
  out[5] = hn::MulAdd(constant(0.03125f), difference3,
                      hn::MulAdd(constant(32), difference2, hn::Add(difference1, m[7])));
}
HWY_INLINE void transform_output(const Vector (&m)[6], Vector (&out)[4]) {
  const Vector sum1 = hn::Add(m[1], m[2]), difference1 = hn::Sub(m[1], m[2]);
  const Vector sum2 = hn::Add(m[3], m[4]), difference2 = hn::Sub(m[3], m[4]);
  out[0] = hn::Add(hn::Add(m[0], sum1), sum2);
  out[1] = hn::MulAdd(constant(2), difference2, difference1);
  out[2] = hn::MulAdd(constant(4), sum2, sum1);
  out[3] = hn::Add(hn::MulAdd(constant(8), difference2, difference1), m[5]);
}
HWY_INLINE void transform_output(const Vector (&m)[4], Vector (&out)[2]) {
  out[0] = hn::Add(hn::Add(m[0], m[1]), m[2]);
  out[1] = hn::Add(hn::Sub(m[1], m[2]), m[3]);
}

/// out = A y.
HWY_INLINE void transform_output_gradient(const Vector (&y)[6], Vector (&out)[8]) {
  const Vector four = constant(4), sixteen = constant(16), two = constant(2), half = constant(0.5f);
  const Vector quarter = constant(0.25f), sixteenth = constant(0.0625f);
  const Vector even1 = hn::Add(hn::Add(y[0], y[2]), y[4]), odd1 = hn::Add(hn::Add(y[1], y[3]), y[5]);
  const Vector even2 = hn::MulAdd(sixteen, y[4], hn::MulAdd(four, y[2], y[0]));
  const Vector odd2 = hn::MulAdd(sixteen, y[5], hn::MulAdd(four, y[3], y[1]));
  const Vector even3 = hn::MulAdd(sixteenth, y[4], hn::MulAdd(quarter, y[2], y[0]));
  const Vector odd3 = hn::MulAdd(sixteenth, y[5], hn::MulAdd(quarter, y[3], y[1]));
  out[0] = y[0];
  out[1] = hn::Add(even1, odd1);
  out[2] = hn::Sub(even1, odd1);
  out[3] = hn::MulAdd(two, odd2, even2);
  out[4] = hn::NegMulAdd(two, odd2, even2);
  out[5] = hn::MulAdd(half, odd3, even3);
  out[6] = hn::NegMulAdd(half, odd3, even3);
  out[7] = y[5];
}
HWY_INLINE void transform_output_gradient(const Vector (&y)[4], Vector (&out)[6]) {
  const Vector even1 = hn::Add(y[0], y[2]), odd1 = hn::Add(y[1], y[3]);
  const Vector even2 = hn::MulAdd(constant(4), y[2], y[0]);
  const Vector odd2 = hn::Mul(constant(2), hn::MulAdd(constant(4), y[3], y[1]));
  out[0] = y[0];
  out[1] = hn::Add(even1, odd1);
  out[2] = hn::Sub(even1, odd1);
  out[3] = hn::Add(even2, odd2);
  out[4] = hn::Sub(even2, odd2);
  out[5] = y[3];
}
HWY_INLINE void transform_output_gradient(const Vector (&y)[2], Vector (&out)[4]) {
  out[0] = y[0];
  out[1] = hn::Add(y[0], y[1]);
  out[2] = hn::Sub(y[0], y[1]);
  out[3] = y[1];
}

/// out = G^T u.
HWY_INLINE void transform_filter_gradient(const Vector (&u)[8], Vector (&out)[3]) {
  const Vector scale1 = constant(-2.0f / 9), scale2 = constant(1.0f / 90), scale3 = constant(8.0f / 45);
  const Vector four = constant(4), two = constant(2);
  const Vector sum1 = hn::Mul(scale1, hn::Add(u[1], u[2])),
               difference1 = hn::Mul(scale1, hn::Sub(u[1], u[2]));
  const Vector sum2 = hn::Mul(scale2, hn::Add(u[3], u[4])),
               difference2 = hn::Mul(scale2, hn::Sub(u[3], u[4]));
  const Vector sum3 = hn::Mul(scale3, hn::Add(u[5], u[6])),
               difference3 = hn::Mul(scale3, hn::Sub(u[5], u[6]));
  out[0] = hn::MulAdd(four, sum3, hn::Add(hn::Add(u[0], sum1), sum2));
  out[1] = hn::MulAdd(two, hn::Add(difference2, difference3), difference1);
  out[2] = hn::Add(hn::MulAdd(four, sum2, hn::Add(sum1, sum3)), u[7]);
}
HWY_INLINE void transform_filter_gradient(const Vector (&u)[6], Vector (&out)[3]) {
  const Vector scale1 = constant(-2.0f / 9), scale2 = constant(1.0f / 90);
  const Vector sum1 = hn::Mul(scale1, hn::Add(u[1], u[2])),
               difference1 = hn::Mul(scale1, hn::Sub(u[1], u[2]));
  const Vector sum2 = hn::Mul(scale2, hn::Add(u[3], u[4])),
               difference2 = hn::Mul(scale2, hn::Sub(u[3], u[4]));
  out[0] = hn::Add(hn::Add(u[0], sum1), sum2);
  out[1] = hn::MulAdd(constant(2), difference2, difference1);
  out[2] = hn::Add(hn::MulAdd(constant(4), sum2, sum1), u[5]);
}
HWY_INLINE void transform_filter_gradient(const Vector (&u)[4], Vector (&out)[3]) {
  const Vector scale1 = constant(-2.0f / 9);
  const Vector sum1 = hn::Mul(scale1, hn::Add(u[1], u[2]));
  out[0] = hn::Add(u[0], sum1);
  out[1] = hn::Mul(scale1, hn::Sub(u[1], u[2]));
  out[2] = hn::Add(sum1, u[3]);
}

/// Applies a 1-D transform to the columns and then to the rows of a small matrix of vectors:
/// out = T_y in T_x^T for in[InY][InX] and out[OutY][OutX], read by load(i, j) and written by store(i, j, vector), for the
/// rows i of out that are wanted(i).
template <int InY, int InX, int OutY, int OutX, class Transform, class Load, class Store, class Wanted>
HWY_INLINE void transform_both(const Transform& transform, const Load& load, const Store& store,
                               const Wanted& wanted) {
  Vector half[OutY][InX];
#pragma GCC unroll 8
  for (int column = 0; column < InX; ++column) {
    Vector from[InY], to[OutY];
#pragma GCC unroll 8
    for (int i = 0; i < InY; ++i) from[i] = load(i, column);
    transform(from, to);
#pragma GCC unroll 8
    for (int i = 0; i < OutY; ++i) half[i][column] = to[i];
  }
#pragma GCC unroll 8
  for (int row = 0; row < OutY; ++row) {
    if (!wanted(row)) continue;
    Vector to[OutX];
    transform(half[row], to);
#pragma GCC unroll 8
    for (int j = 0; j < OutX; ++j) store(row, j, to[j]);
  }
}

template <int InY, int InX, int OutY, int OutX, class Transform, class Load, class Store>
HWY_INLINE void transform_both(const Transform& transform, const Load& load, const Store& store) {
  transform_both<InY, InX, OutY, OutX>(transform, load, store, [](int) HWY_ATTR { return true; });
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#endif
