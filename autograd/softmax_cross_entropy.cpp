#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"

#include "autograd/functions.h"

namespace hypersphere {

Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels) {
  const Device device = logits.value().device();
  Tensor probabilities = Tensor::empty(logits.value().shape(), DType::f32, device);
  Tensor loss = Tensor::empty({}, DType::f32, device);
  softmax_cross_entropy_forward(logits.value(), labels, probabilities, loss);
  // The probabilities are saved for this one use, so their memory becomes the gradient's.
  return Variable::record("softmax_cross_entropy", loss, {logits},
                          [probabilities, labels](const Tensor& dloss) -> std::vector<Tensor> {
                            Tensor dlogits = probabilities;
                            softmax_cross_entropy_backward(probabilities, labels, dloss, dlogits);
                            return {dlogits};
                          });
}

}  // namespace hypersphere
