#include "kernels/dispatch.h"
#include "kernels/reduce/reduce.h"
#include "kernels/reduce/reduce_kernels.cuh"

namespace hypersphere::cuda {

void add_parts(const Tensor& parts, Tensor& out) {
  const std::int64_t channels = parts.shape()[1];
  launch({"add_parts_kernel", {divide_up(channels, part_columns)}, part_columns * part_slices},
         add_parts_kernel, parts.data<float>(), parts.shape()[0], channels, out.data<float>());
}

void column_sum(const Tensor& x, Tensor& out) {
  const std::int64_t channels = out.size();
  if (channels == 0) return;
  const std::int64_t rows = x.size() / channels;
  with_float_type(x.dtype(), [&]<class Element>(Element) {
    with_width<Element>(channels, {x.raw()}, [&]<int width>(std::integral_constant<int, width>) {
      sum_in_parts(rows, channels, width, out, [&](const ColumnParts& shares, float* parts) {
        launch({"column_sum_kernel", {shares.parts, shares.tiles}, ColumnParts::block},
               column_sum_kernel<width, Element>, x.data<Element>(), rows, channels, parts);
      });
    });
  });
}

void sum_of_squares(std::span<const Tensor> parts, Tensor& sum) {
  std::int64_t chunks = 0;
  for (const Tensor& part : parts) chunks += divide_up(part.size(), chunk_elements);
  Tensor workspace =
      Tensor::empty({chunks * static_cast<std::int64_t>(sizeof(double))}, DType::u8, Device::cuda);
  auto* sums = reinterpret_cast<double*>(workspace.raw());
  std::int64_t done = 0;
  for_each_chunk_list<const float*>(
      [&](const auto& add) {
        for (const Tensor& part : parts) add(part.data<float>(), part.size());
      },
      [&](const ChunkList<const float*>& list, int count) {
        launch({"chunk_squares_kernel", {count}, squares_block}, chunk_squares_kernel, list, sums + done);
        done += count;
      });
  launch({"add_squares_kernel", {}, squares_block}, add_squares_kernel, sums, chunks, sum.data<float>());
}

}  // namespace hypersphere::cuda
