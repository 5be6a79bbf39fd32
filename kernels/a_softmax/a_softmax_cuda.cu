#include "kernels/a_softmax/a_softmax.h"
#include "kernels/a_softmax/a_softmax_kernels.cuh"

namespace hypersphere::cuda {
namespace {

constexpr unsigned thread_block = 128;  // of the kernels with one thread a row

MarginBatch margin_batch(const std::int32_t* labels, const Tensor& x_length, MarginOptions options,
                         std::int64_t classes) {
  return {labels,
          x_length.data<float>(),
          x_length.size(),
          classes,
          options.margin,
          options.lambda,
          options.gradient == MarginGradient::sphereface};
}

}  // namespace

void normalise_rows(const Tensor& v, Tensor& unit, Tensor& length) {
  const std::int64_t rows = v.shape()[0], size = v.shape()[1];
  launch_warps("normalise_rows_kernel", rows, normalise_rows_kernel, v.data<float>(), rows, size,
               unit.data<float>(), length.data<float>());
}

void normalise_rows_backward(const Tensor& unit, const Tensor& length, const Tensor& dunit, Tensor& dv) {
  const std::int64_t rows = unit.shape()[0], size = unit.shape()[1];
  launch_warps("normalise_rows_backward_kernel", rows, normalise_rows_backward_kernel, unit.data<float>(),
               length.data<float>(), dunit.data<float>(), rows, size, dv.data<float>());
}

void add_scaled_rows(const Tensor& radial, const Tensor& x, Tensor& dx) {
  const std::int64_t rows = x.shape()[0], size = x.shape()[1];
  launch_warps("add_scaled_rows_kernel", rows, add_scaled_rows_kernel, radial.data<float>(), x.data<float>(),
               rows, size, dx.data<float>());
}

void a_softmax_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options, Tensor& logits,
                       Tensor& cosine) {
  const MarginBatch rows = margin_batch(labels.data<std::int32_t>(), x_length, options, logits.shape()[1]);
  if (rows.batch == 0) return;
  launch({"a_softmax_forward_kernel", {blocks_for(rows.batch, thread_block)}, thread_block},
         a_softmax_forward_kernel, rows, logits.data<float>(), cosine.data<float>());
}

void a_softmax_target_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                               MarginOptions options, Tensor& dlogits, Tensor& radial) {
  const MarginBatch rows = margin_batch(labels.data<std::int32_t>(), x_length, options, dlogits.shape()[1]);
  if (rows.batch == 0) return;
  launch({"a_softmax_target_gradient_kernel", {blocks_for(rows.batch, thread_block)}, thread_block},
         a_softmax_target_gradient_kernel, rows, cosine.data<float>(), dlogits.data<float>(),
         radial.data<float>());
}

void a_softmax_margin(const Tensor& plain, const Tensor& x_length, MarginOptions options, Tensor& cosine,
                      Tensor& target) {
  const MarginBatch rows = margin_batch(nullptr, x_length, options, 0);
  if (rows.batch == 0) return;
  launch({"a_softmax_margin_kernel", {blocks_for(rows.batch, thread_block)}, thread_block},
         a_softmax_margin_kernel, rows, plain.data<float>(), cosine.data<float>(), target.data<float>());
}

void a_softmax_part_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, std::int64_t first, Tensor& dlogits, Tensor& radial) {
  const MarginBatch rows = margin_batch(labels.data<std::int32_t>(), x_length, options, dlogits.shape()[1]);
  if (rows.batch == 0) return;
  launch({"a_softmax_part_gradient_kernel", {blocks_for(rows.batch, thread_block)}, thread_block},
         a_softmax_part_gradient_kernel, rows, first, cosine.data<float>(), dlogits.data<float>(),
         radial.data<float>());
}

void a_softmax_loss_forward(const Tensor& labels, const Tensor& x_length, MarginOptions options,
                            Tensor& logits, Tensor& cosine, Tensor& loss, Tensor& correct) {
  const MarginBatch rows = margin_batch(labels.data<std::int32_t>(), x_length, options, logits.shape()[1]);
  Tensor losses = Tensor::empty({rows.batch}, DType::f32, Device::cuda);
  Tensor rows_correct = Tensor::empty({rows.batch}, DType::i32, Device::cuda);
  launch({"a_softmax_loss_forward_kernel", {rows.batch}, row_threads(rows.classes)},
         a_softmax_loss_forward_kernel, rows, logits.data<float>(), cosine.data<float>(),
         losses.data<float>(), rows_correct.data<std::int32_t>());
  join_rows(losses, rows_correct, loss, correct);
}

void a_softmax_loss_gradient(const Tensor& labels, const Tensor& x_length, const Tensor& cosine,
                             MarginOptions options, const Tensor& dloss, Tensor& probabilities,
                             Tensor& radial) {
  const MarginBatch rows =
      margin_batch(labels.data<std::int32_t>(), x_length, options, probabilities.shape()[1]);
  if (rows.batch == 0) return;
  launch({"a_softmax_loss_gradient_kernel", {rows.batch}, row_threads(rows.classes)},
         a_softmax_loss_gradient_kernel, rows, cosine.data<float>(), dloss.data<float>(),
         probabilities.data<float>(), radial.data<float>());
}

}  // namespace hypersphere::cuda
