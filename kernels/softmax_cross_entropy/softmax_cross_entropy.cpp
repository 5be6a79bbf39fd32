#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"

#include "kernels/dispatch.h"

namespace hypersphere {
namespace {

void expect_rows(const char* where, const Tensor& rows, const Tensor& labels, const char* what) {
  expect(rows.defined() && rows.shape().rank() == 2 && rows.size() > 0,
         "{}: expected {} of f32 [B, C] with at least one row and one class, found {}", where, what,
         describe(rows));
  expect_tensor(rows, rows.shape(), DType::f32, where, what);
  expect_tensor(labels, {rows.shape()[0]}, DType::i32, where, "labels");
}

}  // namespace

void softmax_cross_entropy_forward(const Tensor& logits, const Tensor& labels, Tensor& probabilities,
                                   Tensor& loss) {
  constexpr const char* where = "softmax_cross_entropy_forward";
  expect_rows(where, logits, labels, "logits");
  expect_tensor(probabilities, logits.shape(), DType::f32, where, "probabilities");
  expect_tensor(loss, {}, DType::f32, where, "loss");
  expect_device(where, logits.device(), logits, labels, probabilities, loss);
  HYPERSPHERE_DISPATCH(logits.device(), softmax_cross_entropy_forward, logits, labels, probabilities, loss);
}

void softmax_cross_entropy_backward(const Tensor& probabilities, const Tensor& labels, const Tensor& dloss,
                                    Tensor& dlogits) {
  constexpr const char* where = "softmax_cross_entropy_backward";
  expect_rows(where, probabilities, labels, "probabilities");
  expect_tensor(dloss, {}, DType::f32, where, "dloss");
  expect_tensor(dlogits, probabilities.shape(), DType::f32, where, "dlogits");
  expect_device(where, probabilities.device(), probabilities, labels, dloss, dlogits);
  HYPERSPHERE_DISPATCH(probabilities.device(), softmax_cross_entropy_backward, probabilities, labels, dloss,
                       dlogits);
}

void count_correct(const Tensor& logits, const Tensor& labels, Tensor& correct) {
  expect_rows("count_correct", logits, labels, "logits");
  expect_tensor(correct, {}, DType::i32, "count_correct", "correct");
  expect_device("count_correct", logits.device(), logits, labels, correct);
  HYPERSPHERE_DISPATCH(logits.device(), count_correct, logits, labels, correct);
}

}  // namespace hypersphere
