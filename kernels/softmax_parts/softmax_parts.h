// Softmax and cross entropy over so many classes that their logits are never held at once. The classes come in parts [first,
// first + c); what a part leaves of each row is joined afterwards:
//
//   L[b] = log sum over j of exp(l[b, j]) = M + log sum over k of s[k, b] exp(m[k, b] - M),   M = max over k of m[k, b]
//   loss = (1/B) sum over b of L[b] - l[b, labels[b]]
//   dlogits[b, j] = dloss/B (exp(l[b, j] - L[b]) - [j = labels[b]])
//
// with m[k, b] the largest logit of row b in part k and s[k, b] the sum of exp(l - m[k, b]) there (Milakov, Gimelshein: "Online
// normalizer calculation for softmax", arXiv 1805.02867, section 3). On the way back the parts' logits are computed anew, one
// product more for B C numbers less (Wijmans et al., "Cut Your Losses in Large-Vocabulary Language Models", arXiv 2411.09009,
// section 4). The label's logit is computed apart, and stands in for what the product of its part gave: so a margin can change
// it before any part is looked at.
//
//   labels: i32 [B], in [0, C)   plain, target: f32 [B], the label's logit without and with a margin   logits: f32 [B, c]
//
// A label out of range is an Error on the cpu; on cuda the loss and the row's gradients become NaN and nothing is read or
// written out of bounds.
#pragma once

#include "kernels/softmax_parts/class_range.h"
#include "tensor/tensor.h"

namespace hypersphere {

enum class ClassRows { free, unit };

/// products[b] = x[b] . w[labels[b] - first] + bias[labels[b] - first], summed in double precision, where the label lies in
/// `range`, and 0 for another label; with ClassRows::unit the row of w is divided by its length (a zero row gives 0). x: f32
/// [B, D], w: f32 [count, D], bias: f32 [count] or undefined, products: f32 [B]. Throws Error for unfit shapes.
void label_products(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, ClassRange range,
                    const Tensor& labels, Tensor& products);

/// What the part that begins at class `first` leaves of each row: largest[b], sum[b] as m and s above, and won[b], the number
/// of its classes other than the label that plain[b] wins against (of equal ones the first class wins; a NaN neither wins nor
/// loses). largest, sum: f32 [B], won: i32 [B]. The label's entry of `logits` becomes target[b]. Throws Error for unfit shapes.
void softmax_part_forward(const Tensor& labels, const Tensor& plain, const Tensor& target, std::int64_t first,
                          Tensor& logits, Tensor& largest, Tensor& sum, Tensor& won);

/// Joins K parts of `classes` classes in all: largest, sum: f32 [K, B], won: i32 [K, B]. Writes log_sum f32 [B] (L above; its
/// rounding changes a probability by up to |L| 2^-24 of itself), loss f32 [] and correct i32 [], the rows whose label wins
/// against all other classes. Throws Error for unfit shapes (an empty batch and no part too). Workspace on cuda: 2 B elements.
void softmax_parts_join(std::int64_t classes, const Tensor& target, const Tensor& largest, const Tensor& sum,
                        const Tensor& won, Tensor& log_sum, Tensor& loss, Tensor& correct);

/// The part's logits, computed anew, become dlogits; dloss f32 []. Throws Error for unfit shapes.
void softmax_part_backward(const Tensor& labels, const Tensor& target, const Tensor& log_sum,
                           const Tensor& dloss, std::int64_t first, Tensor& logits);

namespace cpu {
void label_products(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, ClassRange range,
                    const Tensor& labels, Tensor& products);
void softmax_part_forward(const Tensor& labels, const Tensor& plain, const Tensor& target, std::int64_t first,
                          Tensor& logits, Tensor& largest, Tensor& sum, Tensor& won);
void softmax_parts_join(std::int64_t classes, const Tensor& target, const Tensor& largest, const Tensor& sum,
                        const Tensor& won, Tensor& log_sum, Tensor& loss, Tensor& correct);
void softmax_part_backward(const Tensor& labels, const Tensor& target, const Tensor& log_sum,
                           const Tensor& dloss, std::int64_t first, Tensor& logits);
}  // namespace cpu

namespace cuda {
void label_products(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, ClassRange range,
                    const Tensor& labels, Tensor& products);
void softmax_part_forward(const Tensor& labels, const Tensor& plain, const Tensor& target, std::int64_t first,
                          Tensor& logits, Tensor& largest, Tensor& sum, Tensor& won);
void softmax_parts_join(std::int64_t classes, const Tensor& target, const Tensor& largest, const Tensor& sum,
                        const Tensor& won, Tensor& log_sum, Tensor& loss, Tensor& correct);
void softmax_part_backward(const Tensor& labels, const Tensor& target, const Tensor& log_sum,
                           const Tensor& dloss, std::int64_t first, Tensor& logits);
}  // namespace cuda

}  // namespace hypersphere
