#include "autograd/functions.h"
#include "kernels/gemm/gemm.h"

namespace hypersphere {

Variable a_softmax_loss(const Variable& x, const Variable& w, const Tensor& labels, MarginOptions options,
                        Tensor* correct) {
  const Tensor& features = x.value();
  const Tensor& weight = w.value();
  const Device device = features.device();
  expect(
      features.shape().rank() == 2 && weight.shape().rank() == 2 && features.shape()[1] == weight.shape()[1],
      "a_softmax_loss: expected x [B, D] and w [C, D], found {} and {}", describe(features),
      describe(weight));
  const std::int64_t rows = features.shape()[0], classes = weight.shape()[0];

  // The authors' variant keeps the rows of w at length 1 from outside and differentiates as if they were
  // free; the exact one differentiates through the normalisation.
  const bool through_normalisation = options.gradient == MarginGradient::exact;
  Tensor unit = weight, w_length;
  if (through_normalisation) {
    unit = Tensor::empty(weight.shape(), DType::f32, device);
    w_length = Tensor::empty({classes}, DType::f32, device);
    normalise_rows(weight, unit, w_length);
  }
  Tensor x_length = Tensor::empty({rows}, DType::f32, device);
  {
    Tensor unit_x = Tensor::empty(features.shape(), DType::f32, device);  // only the lengths are of use here
    normalise_rows(features, unit_x, x_length);
  }

  Tensor logits = Tensor::empty({rows, classes}, DType::f32, device);
  Tensor cosine = Tensor::empty({rows}, DType::f32, device);
  Tensor loss = Tensor::empty({}, DType::f32, device), count = Tensor::empty({}, DType::i32, device);
  gemm(Transpose::no, Transpose::yes, features, unit, 0.0f, logits);
  a_softmax_loss_forward(labels, x_length, options, logits, cosine, loss, count);
  if (correct != nullptr) *correct = count;

  // The logits have become the probabilities, which are saved for this one use: the kernel may write into
  // them.
  return Variable::record("a_softmax_loss", loss, {x, w},
                          [=, probabilities = logits](const Tensor& dloss) -> std::vector<Tensor> {
                            Tensor workspace = probabilities;
                            Tensor dx = Tensor::empty(features.shape(), DType::f32, device);
                            Tensor dw = Tensor::empty(unit.shape(), DType::f32, device);
                            a_softmax_loss_backward(features, unit, labels, x_length, cosine, options, dloss,
                                                    workspace, dx, dw);
                            if (through_normalisation) normalise_rows_backward(unit, w_length, dw, dw);
                            return {dx, dw};
                          });
}

}  // namespace hypersphere
