#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy_kernels.cuh"

namespace hypersphere::cuda {

void join_rows(const Tensor& row_losses, const Tensor& row_correct, Tensor loss, Tensor correct) {
  launch({"join_rows_kernel", {}, join_block}, join_rows_kernel,
         row_losses.defined() ? row_losses.data<float>() : nullptr,
         row_correct.defined() ? row_correct.data<std::int32_t>() : nullptr,
         row_losses.defined() ? row_losses.size() : row_correct.size(),
         row_losses.defined() ? loss.data<float>() : nullptr,
         row_correct.defined() ? correct.data<std::int32_t>() : nullptr);
}

void softmax_cross_entropy_forward(const Tensor& logits, const Tensor& labels, Tensor& probabilities,
                                   Tensor& loss) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  Tensor losses = Tensor::empty({batch}, DType::f32, Device::cuda);
  launch({"softmax_cross_entropy_forward_kernel", {batch}, row_threads(classes)},
         softmax_cross_entropy_forward_kernel, logits.data<float>(), labels.data<std::int32_t>(), classes,
         probabilities.data<float>(), losses.data<float>());
  join_rows(losses, Tensor(), loss, Tensor());
}

void softmax_cross_entropy_backward(const Tensor& probabilities, const Tensor& labels, const Tensor& dloss,
                                    Tensor& dlogits) {
  const std::int64_t batch = probabilities.shape()[0], classes = probabilities.shape()[1];
  launch({"softmax_cross_entropy_backward_kernel", {batch}, row_threads(classes)},
         softmax_cross_entropy_backward_kernel, probabilities.data<float>(), labels.data<std::int32_t>(),
         dloss.data<float>(), classes, dlogits.data<float>());
}

void count_correct(const Tensor& logits, const Tensor& labels, Tensor& correct) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  Tensor rows = Tensor::empty({batch}, DType::i32, Device::cuda);
  launch({"row_correct_kernel", {batch}, row_threads(classes)}, row_correct_kernel, logits.data<float>(),
         labels.data<std::int32_t>(), classes, rows.data<std::int32_t>());
  join_rows(Tensor(), rows, Tensor(), correct);
}

}  // namespace hypersphere::cuda
