#include "kernels/softmax_parts/softmax_parts.h"
#include "kernels/softmax_parts/softmax_parts_kernels.cuh"

namespace hypersphere::cuda {

void label_products(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, ClassRange range,
                    const Tensor& labels, Tensor& products) {
  const std::int64_t batch = x.shape()[0];
  launch_warps("label_products_kernel", batch, label_products_kernel, x.data<float>(), w.data<float>(),
               bias.defined() ? bias.data<float>() : nullptr, rows == ClassRows::unit,
               labels.data<std::int32_t>(), batch, x.shape()[1], range, products.data<float>());
}

void softmax_part_forward(const Tensor& labels, const Tensor& plain, const Tensor& target, std::int64_t first,
                          Tensor& logits, Tensor& largest, Tensor& sum, Tensor& won) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  if (batch == 0) return;
  launch({"softmax_part_forward_kernel", {batch}, row_threads(classes)}, softmax_part_forward_kernel,
         labels.data<std::int32_t>(), plain.data<float>(), target.data<float>(), first, classes,
         logits.data<float>(), largest.data<float>(), sum.data<float>(), won.data<std::int32_t>());
}

void softmax_parts_join(std::int64_t classes, const Tensor& target, const Tensor& largest, const Tensor& sum,
                        const Tensor& won, Tensor& log_sum, Tensor& loss, Tensor& correct) {
  constexpr unsigned block = 128;
  const std::int64_t parts = largest.shape()[0], batch = largest.shape()[1];
  Tensor losses = Tensor::empty({batch}, DType::f32, Device::cuda);
  Tensor rows_correct = Tensor::empty({batch}, DType::i32, Device::cuda);
  launch({"softmax_parts_join_kernel", {blocks_for(batch, block)}, block}, softmax_parts_join_kernel,
         target.data<float>(), largest.data<float>(), sum.data<float>(), won.data<std::int32_t>(), parts,
         batch, classes, log_sum.data<float>(), losses.data<float>(), rows_correct.data<std::int32_t>());
  join_rows(losses, rows_correct, loss, correct);
}

void softmax_part_backward(const Tensor& labels, const Tensor& target, const Tensor& log_sum,
                           const Tensor& dloss, std::int64_t first, Tensor& logits) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  if (batch == 0) return;
  launch({"softmax_part_backward_kernel", {batch}, row_threads(classes)}, softmax_part_backward_kernel,
         labels.data<std::int32_t>(), target.data<float>(), log_sum.data<float>(), dloss.data<float>(), first,
         classes, logits.data<float>());
}

}  // namespace hypersphere::cuda
