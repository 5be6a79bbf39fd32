#include "autograd/functions.h"
#include "kernels/elementwise/elementwise.h"

namespace hypersphere {

Variable add(const Variable& a, const Variable& b) {
  Tensor sum = Tensor::empty(a.value().shape(), a.value().dtype(), a.value().device());
  add(a.value(), b.value(), sum);
  // Both terms receive the sum's gradient, the same tensor: no one may write into it.
  return Variable::record("add", sum, {a, b}, [](const Tensor& dsum) -> std::vector<Tensor> {
    return {dsum, dsum};
  });
}

}  // namespace hypersphere
