// Softmax and cross entropy in one.
//
//   p[b, j] = exp(logits[b, j]) / sum over k of exp(logits[b, k])
//   loss = -(1/B) sum over b of log p[b, labels[b]]
//   logits, p: f32 [B, C]   labels: i32 [B]   loss: f32 []
//
// A label outside of [0, C) is an Error on the cpu. On cuda nobody can look at the labels without waiting for
// them: there the loss, and the row of the gradient, become NaN, and nothing is read or written out of
// bounds.
#pragma once

#include "tensor/tensor.h"

namespace hypersphere {

/// Writes `probabilities` and `loss`. `probabilities` may be `logits` itself. The row's maximum is subtracted
/// first, so large logits do not overflow; a row with a NaN or +infinity gives a NaN loss. Throws Error for
/// unfit shapes (an empty batch too). Workspace on cuda: B floats.
void softmax_cross_entropy_forward(const Tensor& logits, const Tensor& labels, Tensor& probabilities,
                                   Tensor& loss);

/// Writes dlogits[b, j] = dloss/B (p[b, j] - [j = labels[b]]), dloss f32 []. dlogits may be `probabilities`
/// itself. Throws Error for unfit shapes.
void softmax_cross_entropy_backward(const Tensor& probabilities, const Tensor& labels, const Tensor& dloss,
                                    Tensor& dlogits);

/// correct = the number of rows whose largest entry stands at the label (the first one where several are
/// equal); correct i32 []. A row with a NaN is not correct, nor on cuda one with a label outside of [0, C).
/// Throws Error for unfit shapes. Workspace on cuda: B integers.
void count_correct(const Tensor& logits, const Tensor& labels, Tensor& correct);

namespace cpu {
void softmax_cross_entropy_forward(const Tensor& logits, const Tensor& labels, Tensor& probabilities,
                                   Tensor& loss);
void softmax_cross_entropy_backward(const Tensor& probabilities, const Tensor& labels, const Tensor& dloss,
                                    Tensor& dlogits);
void count_correct(const Tensor& logits, const Tensor& labels, Tensor& correct);
}  // namespace cpu

namespace cuda {
void softmax_cross_entropy_forward(const Tensor& logits, const Tensor& labels, Tensor& probabilities,
                                   Tensor& loss);
void softmax_cross_entropy_backward(const Tensor& probabilities, const Tensor& labels, const Tensor& dloss,
                                    Tensor& dlogits);
void count_correct(const Tensor& logits, const Tensor& labels, Tensor& correct);
}  // namespace cuda

}  // namespace hypersphere
