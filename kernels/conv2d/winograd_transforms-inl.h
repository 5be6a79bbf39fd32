// The small transforms of Winograd's F(4x4, 3x3) (Lavin, Gray: "Fast algorithms for convolutional neural networks",
// arXiv 1509.09308, section 4.3), on vectors of channels. Compiled once a SIMD target.
//
//   Y = A^T [ (G g G^T) . (B^T d B) ] A       d: 6x6 input tile, g: 3x3 filter, Y: 4x4 output tile, "." element by element
//
// A tile's 16 outputs cost 36 products in place of 144. The interpolation points are 0, 1, -1, 2, -2 and infinity:
//
//         |  4  0 -5  0  1  0 |        |  1/4    0    0  |          | 1  1  1  1  1  0 |
//         |  0 -4 -4  1  1  0 |        | -1/6 -1/6 -1/6  |    A^T = | 0  1 -1  2 -2  0 |
//   B^T = |  0  4 -4 -1  1  0 |    G = | -1/6  1/6 -1/6  |          | 0  1  1  4  4  0 |
//         |  0 -2 -1  2  1  0 |        | 1/24 1/12  1/6  |          | 0  1 -1  8 -8  1 |
//         |  0  2 -1 -2  1  0 |        | 1/24 -1/12 1/6  |
//         |  0  4  0 -5  0  1 |        |   0    0    1   |
//
// F(3, 3) and F(2, 3) have fewer points and with them other B and other scales of G's rows (a row of G has the factor
// 1 / product of the distances between its point and the others). G is kept and the ratio of the factors goes into B^T:
//
//   m = 3: B^T =   |  4 -2 -4  2  0 |      m = 2: B^T =  |  4  0 -4  0 |
//                  |  0 -6 -3  3  0 |                    |  0 -3 -3  0 |
//                  |  0  2 -3  1  0 |                    |  0  3 -3  0 |
//                  |  0 -4  0  4  0 |                    |  0 -1  0  1 |
//                  |  0  2 -1 -2  1 |
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

inline constexpr int tile_out = 4;                // outputs of a tile along one axis
inline constexpr int tile_in = 6;                 // inputs of a tile along one axis, and points
inline constexpr int points = tile_in * tile_in;  // products a tile

/// F(m, 3) along one axis, for m = 4 and for what is left at the edge of an image, m = 2 and 3. Those use the points
/// 0, 1, -1 (, 2) and infinity, so that all share one transformed filter.
template <int m>
struct Outputs {
  static constexpr int outputs = m;
  static constexpr int inputs = m + 2;
  /// Which of the six points the k-th of this one's is.
  static constexpr int point(int k) { return k == m + 1 ? tile_in - 1 : k; }
};
/// Whether F(outputs, 3) uses a point.
constexpr bool uses_point(int outputs, int point) { return point <= outputs || point == tile_in - 1; }

HWY_INLINE Vector constant(float value) { return hn::Set(Floats(), value); }

/// out = B^T d.
HWY_INLINE void transform_input(const Vector (&d)[6], Vector (&out)[6]) {
  const Vector four = constant(4), five = constant(5), two = constant(2);
  const Vector even = hn::NegMulAdd(four, d[2], d[4]), odd = hn::NegMulAdd(four, d[1], d[3]);
  const Vector low = hn::Sub(d[4], d[2]), high = hn::Mul(two, hn::Sub(d[3], d[1]));
  out[0] = hn::MulAdd(four, d[0], hn::NegMulAdd(five, d[2], d[4]));
  out[1] = hn::Add(even, odd);
  out[2] = hn::Sub(even, odd);
  out[3] = hn::Add(low, high);
  out[4] = hn::Sub(low, high);
  out[5] = hn::MulAdd(four, d[1], hn::NegMulAdd(five, d[3], d[5]));
}

HWY_INLINE void transform_input(const Vector (&d)[5], Vector (&out)[5]) {
  const Vector two = constant(2), three = constant(3), four = constant(4);
  const Vector back = hn::Sub(d[3], d[1]), even = hn::Sub(d[0], d[2]);
  out[0] = hn::MulAdd(four, even, hn::Mul(two, back));
  out[1] = hn::Mul(three, hn::NegMulAdd(two, d[1], hn::Sub(d[3], d[2])));
  out[2] = hn::MulAdd(two, d[1], hn::NegMulAdd(three, d[2], d[3]));
  out[3] = hn::Mul(four, back);
  out[4] = hn::NegMulAdd(two, back, hn::Sub(d[4], d[2]));
}
HWY_INLINE void transform_input(const Vector (&d)[4], Vector (&out)[4]) {
  const Vector three = constant(3);
  out[0] = hn::Mul(constant(4), hn::Sub(d[0], d[2]));
  out[1] = hn::Mul(constant(-3), hn::Add(d[1], d[2]));
  out[2] = hn::Mul(three, hn::Sub(d[1], d[2]));
  out[3] = hn::Sub(d[3], d[1]);
}

/// out = G g.
HWY_INLINE void transform_filter(const Vector (&g)[3], Vector (&out)[6]) {
  const Vector sum = hn::Add(g[0], g[2]);
  const Vector sixth = constant(-1.0f / 6), half_sum = hn::MulAdd(constant(4), g[2], g[0]);
  out[0] = hn::Mul(constant(0.25f), g[0]);
  out[1] = hn::Mul(sixth, hn::Add(sum, g[1]));
  out[2] = hn::Mul(sixth, hn::Sub(sum, g[1]));
  out[3] = hn::Mul(constant(1.0f / 24), hn::MulAdd(constant(2), g[1], half_sum));
  out[4] = hn::Mul(constant(1.0f / 24), hn::NegMulAdd(constant(2), g[1], half_sum));
  out[5] = g[2];
}

/// out = A^T m.
HWY_INLINE void transform_output(const Vector (&m)[6], Vector (&out)[4]) {
  const Vector sum1 = hn::Add(m[1], m[2]), difference1 = hn::Sub(m[1], m[2]);
  const Vector sum2 = hn::Add(m[3], m[4]), difference2 = hn::Sub(m[3], m[4]);
  out[0] = hn::Add(hn::Add(m[0], sum1), sum2);
  out[1] = hn::MulAdd(constant(2), difference2, difference1);
  out[2] = hn::MulAdd(constant(4), sum2, sum1);
  out[3] = hn::Add(hn::MulAdd(constant(8), difference2, difference1), m[5]);
}

HWY_INLINE void transform_output(const Vector (&m)[5], Vector (&out)[3]) {
  const Vector sum = hn::Add(m[1], m[2]), difference = hn::Sub(m[1], m[2]);
  out[0] = hn::Add(hn::Add(m[0], sum), m[3]);
  out[1] = hn::MulAdd(constant(2), m[3], difference);
  out[2] = hn::Add(hn::MulAdd(constant(4), m[3], sum), m[4]);
}
HWY_INLINE void transform_output(const Vector (&m)[4], Vector (&out)[2]) {
  out[0] = hn::Add(hn::Add(m[0], m[1]), m[2]);
  out[1] = hn::Add(hn::Sub(m[1], m[2]), m[3]);
}

/// out = A y.
HWY_INLINE void transform_output_gradient(const Vector (&y)[4], Vector (&out)[6]) {
  const Vector even = hn::Add(y[0], y[2]), odd = hn::Add(y[1], y[3]);
  const Vector even4 = hn::MulAdd(constant(4), y[2], y[0]);
  const Vector odd2 = hn::Mul(constant(2), hn::MulAdd(constant(4), y[3], y[1]));
  out[0] = y[0];
  out[1] = hn::Add(even, odd);
  out[2] = hn::Sub(even, odd);
  out[3] = hn::Add(even4, odd2);
  out[4] = hn::Sub(even4, odd2);
  out[5] = y[3];
}

HWY_INLINE void transform_output_gradient(const Vector (&y)[3], Vector (&out)[5]) {
  const Vector even = hn::Add(y[0], y[2]);
  out[0] = y[0];
  out[1] = hn::Add(even, y[1]);
  out[2] = hn::Sub(even, y[1]);
  out[3] = hn::MulAdd(constant(2), y[1], hn::MulAdd(constant(4), y[2], y[0]));
  out[4] = y[2];
}
HWY_INLINE void transform_output_gradient(const Vector (&y)[2], Vector (&out)[4]) {
  out[0] = y[0];
  out[1] = hn::Add(y[0], y[1]);
  out[2] = hn::Sub(y[0], y[1]);
  out[3] = y[1];
}

/// out = G^T u.
HWY_INLINE void transform_filter_gradient(const Vector (&u)[6], Vector (&out)[3]) {
  const Vector sixth = constant(-1.0f / 6), small = constant(1.0f / 24);
  const Vector sum1 = hn::Mul(sixth, hn::Add(u[1], u[2])), difference1 = hn::Mul(sixth, hn::Sub(u[1], u[2]));
  const Vector sum2 = hn::Mul(small, hn::Add(u[3], u[4])), difference2 = hn::Mul(small, hn::Sub(u[3], u[4]));
  out[0] = hn::MulAdd(constant(0.25f), u[0], hn::Add(sum1, sum2));
  out[1] = hn::MulAdd(constant(2), difference2, difference1);
  out[2] = hn::Add(hn::MulAdd(constant(4), sum2, sum1), u[5]);
}

/// Applies a 1-D transform to the columns and then to the rows of a small matrix of vectors:
/// out = T_y in T_x^T for in[InY][InX] and out[OutY][OutX], read by load(i, j) and written by store(i, j, vector), for the
/// rows i of out that are wanted(i).
template <int InY, int InX, int OutY, int OutX, class Transform, class Load, class Store, class Wanted>
HWY_INLINE void transform_both(const Transform& transform, const Load& load, const Store& store,
                               const Wanted& wanted) {
  Vector half[OutY][InX];
#pragma GCC unroll 6
  for (int column = 0; column < InX; ++column) {
    Vector from[InY], to[OutY];
#pragma GCC unroll 6
    for (int i = 0; i < InY; ++i) from[i] = load(i, column);
    transform(from, to);
#pragma GCC unroll 6
    for (int i = 0; i < OutY; ++i) half[i][column] = to[i];
  }
#pragma GCC unroll 6
  for (int row = 0; row < OutY; ++row) {
    if (!wanted(row)) continue;
    Vector to[OutX];
    transform(half[row], to);
#pragma GCC unroll 6
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
