#include "autograd/functions.h"
#include "kernels/row_selection/row_selection.h"

namespace hypersphere {

Variable take_rows(const Variable& x, const Tensor& rows) {
  const Tensor& all = x.value();
  Tensor out = Tensor::empty(all.shape().with_first(rows.size()), DType::f32, all.device());
  take_rows(all, rows, out);
  return Variable::record("take_rows", out, {x},
                          [rows, shape = all.shape()](const Tensor& dy) -> std::vector<Tensor> {
                            Tensor dx = Tensor::zeros(shape, DType::f32, dy.device());
                            put_rows(dy, rows, dx);
                            return {dx};
                          });
}

}  // namespace hypersphere
