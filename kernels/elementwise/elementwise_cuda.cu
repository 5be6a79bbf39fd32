#include "kernels/cuda/launch.h"
#include "kernels/dispatch.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/elementwise_kernels.cuh"

namespace hypersphere::cuda {
namespace {

constexpr unsigned block = 256;

// kernel(arguments..., count) over `count` elements or groups of them.
template <class... Parameters, class... Arguments>
void launch_over(const char* name, std::int64_t count, void (*kernel)(Parameters...),
                 Arguments... arguments) {
  if (count > 0) launch({name, {blocks_for(count, block)}, block}, kernel, arguments..., count);
}

}  // namespace

void add(const Tensor& a, const Tensor& b, Tensor& out) {
  with_float_type(a.dtype(), [&]<class Element>(Element) {
    with_width<Element>(out.size(), {a.raw(), b.raw(), out.raw()},
                        [&]<int width>(std::integral_constant<int, width>) {
                          launch_over("add_kernel", out.size() / width, add_kernel<width, Element>,
                                      a.data<Element>(), b.data<Element>(), out.data<Element>());
                        });
  });
}

void add_bias(const Tensor& bias, Tensor& y) {
  const std::int64_t channels = bias.size();
  with_float_type(y.dtype(), [&]<class Element>(Element) {
    launch_over("add_bias_kernel", y.size(), add_bias_kernel<Element>, bias.data<float>(), y.data<Element>(),
                channels);
  });
}

void scale(float factor, Tensor& x) {
  launch_over("scale_kernel", x.size(), scale_kernel, factor, x.data<float>());
}

void fill(float value, Tensor& x) {
  launch_over("fill_kernel", x.size(), fill_kernel, value, x.data<float>());
}

void convert(const Tensor& from, Tensor& to) {
  with_float_type(from.dtype(), [&]<class From>(From) {
    with_float_type(to.dtype(), [&]<class To>(To) {
      using Narrow = std::conditional_t<sizeof(From) < sizeof(To), From, To>;
      with_width<Narrow>(to.size(), {from.raw(), to.raw()},
                         [&]<int width>(std::integral_constant<int, width>) {
                           launch_over("convert_kernel", to.size() / width, convert_kernel<width, From, To>,
                                       from.data<From>(), to.data<To>());
                         });
    });
  });
}

}  // namespace hypersphere::cuda
