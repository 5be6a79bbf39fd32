#include "kernels/cuda/launch.h"
#include "kernels/row_codes/row_codes.h"
#include "kernels/row_codes/row_codes_kernels.cuh"

namespace hypersphere::cuda {
namespace {

std::int64_t blocks_for_rows(std::int64_t rows) { return blocks_for(rows * warp_size, coded_block); }

}  // namespace

void encode_rows(const Tensor& rows, Tensor& codes, Tensor& scale, Tensor& error) {
  const std::int64_t count = rows.shape()[0], size = rows.shape()[1];
  if (count == 0) return;
  launch({"encode_rows_kernel", {blocks_for_rows(count)}, coded_block}, encode_rows_kernel,
         rows.data<float>(), count, size, signed_bytes(codes), scale.data<float>(), error.data<float>());
}

void code_cosines(const Tensor& query_codes, const Tensor& query_scale, const Tensor& codes,
                  const Tensor& scale, Tensor& cosines) {
  const std::int64_t queries = query_codes.shape()[0], rows = codes.shape()[0], size = codes.shape()[1];
  if (rows == 0) return;
  const bool in_vectors = size % 16 == 0 && aligned(16, {query_codes.raw(), codes.raw()});
  const auto multiply = [&]<int count>(std::integral_constant<int, count>, std::int64_t first) {
    const auto run = [&](auto kernel) {
      launch({"code_cosines_kernel", {blocks_for_rows(rows)}, coded_block}, kernel,
             signed_bytes(query_codes) + first * size, query_scale.data<float>() + first, signed_bytes(codes),
             scale.data<float>(), rows, static_cast<int>(size), cosines.data<float>() + first * rows);
    };
    if (in_vectors)
      run(code_cosines_kernel<count, true>);
    else
      run(code_cosines_kernel<count, false>);
  };
  std::int64_t query = 0;
  for (; query + 4 <= queries; query += 4) multiply(std::integral_constant<int, 4>(), query);
  for (; query < queries; ++query) multiply(std::integral_constant<int, 1>(), query);
}

}  // namespace hypersphere::cuda
