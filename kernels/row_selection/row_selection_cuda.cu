#include "kernels/row_selection/row_selection.h"
#include "kernels/row_selection/row_selection_kernels.cuh"

namespace hypersphere::cuda {
namespace {

std::int64_t row_size(const Tensor& all) { return all.shape()[0] == 0 ? 0 : all.size() / all.shape()[0]; }

}  // namespace

void take_rows(const Tensor& x, const Tensor& rows, Tensor& out) {
  launch_warps("take_rows_kernel", rows.size(), take_rows_kernel, x.data<float>(), rows.data<std::int32_t>(),
               rows.size(), row_size(x), x.shape()[0], out.data<float>());
}

void put_rows(const Tensor& x, const Tensor& rows, Tensor& out) {
  launch_warps("put_rows_kernel", rows.size(), put_rows_kernel, x.data<float>(), rows.data<std::int32_t>(),
               rows.size(), row_size(out), out.shape()[0], out.data<float>());
}

}  // namespace hypersphere::cuda
