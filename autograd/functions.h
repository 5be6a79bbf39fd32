// The differentiable functions. Each is defined in the file of its name, forward and backward next to each
// other; formulas and shapes stand with the kernels that they call.
//
// Activations (x, y and their gradients) are f32, or bf16 on cuda: a function computes in the type of its x.
// Parameters and their gradients are f32 always; a function rounds what it needs of them.
#pragma once

#include "autograd/variable.h"
#include "cluster/communicator.h"
#include "kernels/a_softmax/a_softmax.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/softmax_parts/softmax_parts.h"

namespace hypersphere {

/// y of kernels/conv2d; `bias` may be undefined.
Variable conv2d(const Variable& x, const Variable& w, const Variable& bias, Conv2dOptions options);

/// PReLU(conv2d(x, w, bias)) and, where `residual` is defined, + residual, in one kernel on cuda; `bias` may be
/// undefined too. Both shapes as of kernels/conv2d, conv2d_prelu_forward.
Variable conv2d_prelu(const Variable& x, const Variable& w, const Variable& bias, const Variable& slope,
                      const Variable& residual, Conv2dOptions options);

/// y = x + PReLU(conv2(PReLU(conv1(x)))), 3x3, stride 1, pad 1, no biases: SphereFace's residual unit (arXiv 1704.08063,
/// table 2). x, y: [N, H, W, C]; w1, w2: f32 [C, 3, 3, C]; slope1, slope2: f32 [C]. The same as two conv2d_prelu, but the
/// backward pass does the inner PReLU and the sum of the two gradients of x inside of convolutions; and where nothing is
/// recorded and x is handed over, with no one else to hold its value, y takes its memory.
Variable residual_unit(Variable x, const Variable& w1, const Variable& slope1, const Variable& w2,
                       const Variable& slope2);

/// y of kernels/prelu.
Variable prelu(const Variable& x, const Variable& slope);

/// a + b, of one shape.
Variable add(const Variable& a, const Variable& b);

/// y = x w^T + bias. x: [B, ...], seen as [B, in]; w: f32 [out, in]; bias: f32 [out] or undefined; y: [B, out],
/// f32 also where x is bf16.
Variable linear(const Variable& x, const Variable& w, const Variable& bias);

/// y[r] = length x[r] / |x[r]|, a row that is zero stays zero: the feature normalisation of Wang et al., "NormFace",
/// arXiv 1704.06369, section 3. x, y: f32 [B, D]; length > 0.
Variable normalise_rows(const Variable& x, float length);

/// Mean cross entropy of labels and softmax of the logits x unit(w)^T with the angular margin applied to the true
/// classes: a scalar; see kernels/a_softmax. x: f32 [B, D], w: f32 [C, D] of any row lengths, labels: i32 [B].
/// With MarginGradient::sphereface, w must hold unit rows (the head renormalises it in place before each
/// forward pass, as the authors do), and its gradient is not projected. `correct`, where given, receives the
/// number of rows whose largest logit without margin (m = 1) is the label's, i32 [] on the device of x.
Variable a_softmax_loss(const Variable& x, const Variable& w, const Tensor& labels, MarginOptions options,
                        Tensor* correct = nullptr);

/// out[s] = x[rows[s]]. x: f32 [R, ...], rows: i32 [S], no row twice, out: f32 [S, ...]. The gradient of the other rows is 0.
Variable take_rows(const Variable& x, const Tensor& rows);

/// How the classes of a head come: never more than `most` >= 1 at once, and, where several processes share them out, which are
/// this one's.
struct ClassParts {
  std::int64_t most;
  std::shared_ptr<Communicator> ranks = nullptr;  ///< null: all classes are here
  std::vector<std::int64_t> classes = {};  ///< of each process, numbered one process's after the other's
  std::vector<std::int64_t> rows = {};     ///< of x, a process
};

/// The same loss, gradients and count as of a_softmax_loss, to rounding, with never more than parts.most classes' logits and
/// unit rows in memory: those are computed anew on the way back (kernels/softmax_parts). Where processes share the classes out,
/// x is this one's rows, w its classes' rows, and labels are of its rows or of all processes' (a label may be a wrong one where
/// another process has its class, as long as it is not one of this process's); loss and count are of all rows together, the same in every process, and so
/// the gradients are the loss's of all rows (An et al., "Partial FC", arXiv 2203.15565, section 3, without its sampling).
Variable a_softmax_loss_in_parts(const Variable& x, const Variable& w, const Tensor& labels,
                                 MarginOptions options, const ClassParts& parts, Tensor* correct = nullptr);

/// The same as softmax_cross_entropy(linear(x, w, bias), labels), to rounding, in parts as above. x: f32 [B, D], w: f32
/// [C, D], bias: f32 [C] or undefined; `correct` as count_correct says.
Variable softmax_loss_in_parts(const Variable& x, const Variable& w, const Variable& bias,
                               const Tensor& labels, const ClassParts& parts, Tensor* correct = nullptr);

/// Mean cross entropy of softmax(logits) and labels: a scalar. logits: f32 [B, C], labels: i32 [B].
Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels);

}  // namespace hypersphere
