// The differentiable functions. Each is defined in the file of its name, forward and backward next to each
// other; formulas and shapes stand with the kernels that they call.
#pragma once

#include "autograd/variable.h"
#include "kernels/a_softmax/a_softmax.h"
#include "kernels/conv2d/conv2d.h"

namespace hypersphere {

/// y of kernels/conv2d; `bias` may be undefined.
Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, Conv2dOptions options);

/// y of kernels/prelu.
Variable prelu(const Variable& x, const Variable& slope);

/// a + b, of one shape.
Variable add(const Variable& a, const Variable& b);

/// y = x w^T + bias. x: f32 [B, ...], seen as [B, in]; w: f32 [out, in]; bias: f32 [out] or undefined; y: f32
/// [B, out].
Variable linear(const Variable& x, const Variable& w, const Variable& bias);

/// The logits x unit(w)^T of the modified softmax with the angular margin applied to the true classes; see
/// kernels/a_softmax. x: f32 [B, D], w: f32 [C, D] of any row lengths, labels: i32 [B], result: f32 [B, C].
/// With MarginGradient::sphereface, w must hold unit rows (the head renormalises it in place before each
/// forward pass, as the authors do), and its gradient is not projected. `cosine_logits`, where given,
/// receives the logits before the margin (m = 1): training accuracy is read off them.
Variable a_softmax(const Variable& x, const Variable& w, const Tensor& labels, MarginOptions options,
                   Tensor* cosine_logits = nullptr);

/// Mean cross entropy of softmax(logits) and labels: a scalar. logits: f32 [B, C], labels: i32 [B].
Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels);

}  // namespace hypersphere
