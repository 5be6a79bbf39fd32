// Rows of numbers as codes of one byte: a quarter of the bytes, for a search that has to look at every row. The cosines
// that codes give are a little off, by no more than a bound that is known, so that whoever looks at the few best rows
// once more finds what a search through the rows themselves would have found.
//
//   scale[r] = max over i of |x[r, i]| / 127       codes[r, i] = x[r, i] / scale[r], rounded to the nearest
//   cosines[q, r] = (scale[q] scale[r]) sum over i of codes[q, i] codes[r, i]
//
// The bound: with a' = scale codes for a row a, and likewise for b,
//   a.b - a'.b' = a.(b - b') + (a - a').b',   so   |a.b - a'.b'| <= |a| |b - b'| + |a - a'| |b'|
// by the inequality of Cauchy and Schwarz. The lengths |x - x'| are kept with the codes: half a step in every element, the
// usual bound, would be twice as wide.
//
//   rows: f32 [R, D]   codes: u8 [R, D], each byte an int8 (two's complement) in [-127, 127]   scale, error: f32 [R]
#pragma once

#include <cstdint>

#include "tensor/tensor.h"

namespace hypersphere {

/// The largest D for which the int32 sums of products of codes cannot overflow.
inline constexpr std::int64_t longest_coded_row = INT32_MAX / (127 * 127);

/// Codes and scale of every row, and error[r] >= |x[r] - scale[r] codes[r]|, less than a millionth larger where floats have
/// their 24 bits. A zero row has scale, codes and error 0. Of a row with a value that is not finite, error is not finite
/// and the rest may be anything. Throws Error for unfit tensors, or rows longer than longest_coded_row.
void encode_rows(const Tensor& rows, Tensor& codes, Tensor& scale, Tensor& error);

/// cosines f32 [Q, R] of the formula above for Q queries and R rows, whose codes encode_rows made. The sums are exact
/// integers and what follows is rounded the same everywhere: the same bits on any device, SIMD target and number of
/// threads. CPU workspace: 2 Q D bytes. Throws Error for unfit tensors, or rows longer than longest_coded_row.
void code_cosines(const Tensor& query_codes, const Tensor& query_scale, const Tensor& codes,
                  const Tensor& scale, Tensor& cosines);

/// How long the rows may be that code_slack() is asked about: unit rows, as normalise_rows rounds them.
inline constexpr double longest_unit_row = 1 + 0x1p-20;

/// A bound on |a.b - cosine| for rows a and b no longer than longest_unit_row, whose encode_rows said these errors:
/// the bound above, and what rounding adds, which is three times half a unit in the last of 24 bits.
inline double code_slack(double error_a, double error_b) {
  const double length_a = longest_unit_row + error_a, length_b = longest_unit_row + error_b;  // of a' and b'
  return longest_unit_row * error_b + error_a * length_b + 0x1p-22 * length_a * length_b;
}

namespace cpu {
void encode_rows(const Tensor& rows, Tensor& codes, Tensor& scale, Tensor& error);
void code_cosines(const Tensor& query_codes, const Tensor& query_scale, const Tensor& codes,
                  const Tensor& scale, Tensor& cosines);
}  // namespace cpu

namespace cuda {
void encode_rows(const Tensor& rows, Tensor& codes, Tensor& scale, Tensor& error);
void code_cosines(const Tensor& query_codes, const Tensor& query_scale, const Tensor& codes,
                  const Tensor& scale, Tensor& cosines);
}  // namespace cuda

}  // namespace hypersphere
