#include "kernels/dispatch.h"
#include "kernels/prelu/prelu.h"
#include "kernels/prelu/prelu_kernels.cuh"

namespace hypersphere::cuda {

void prelu_forward(const Tensor& x, const Tensor& slope, Tensor& y) {
  constexpr unsigned block = 256;
  const std::int64_t channels = slope.size();
  if (x.size() == 0) return;
  with_float_type(x.dtype(), [&]<class Element>(Element) {
    with_width<Element>(channels, {x.raw(), y.raw(), slope.raw()},
                        [&]<int width>(std::integral_constant<int, width>) {
                          const std::int64_t groups = x.size() / width;
                          launch({"prelu_forward_kernel", {blocks_for(groups, block)}, block},
                                 prelu_forward_kernel<width, Element>, x.data<Element>(), slope.data<float>(),
                                 y.data<Element>(), channels / width, groups);
                        });
  });
}

void prelu_backward(const Tensor& x, const Tensor& slope, const Tensor& dy, Tensor& dx, Tensor& dslope) {
  const std::int64_t channels = slope.size();
  if (channels == 0) return;
  const std::int64_t rows = x.size() / channels;
  with_float_type(x.dtype(), [&]<class Element>(Element) {
    with_width<Element>(
        channels, {x.raw(), dy.raw(), dx.raw(), slope.raw()},
        [&]<int width>(std::integral_constant<int, width>) {
          sum_in_parts(rows, channels, width, dslope, [&](const ColumnParts& shares, float* parts) {
            launch({"prelu_backward_kernel", {shares.parts, shares.tiles}, ColumnParts::block},
                   prelu_backward_kernel<width, Element>, x.data<Element>(), slope.data<float>(),
                   dy.data<Element>(), dx.data<Element>(), rows, channels, parts);
          });
        });
  });
}

}  // namespace hypersphere::cuda
