#include "kernels/row_codes/row_codes.h"

#include "kernels/dispatch.h"

namespace hypersphere {
namespace {

void expect_length(const char* where, std::int64_t size) {
  expect(size <= longest_coded_row, "{}: expected rows of at most {} numbers, found {}", where,
         longest_coded_row, size);
}

}  // namespace

void encode_rows(const Tensor& rows, Tensor& codes, Tensor& scale, Tensor& error) {
  expect(rows.defined() && rows.dtype() == DType::f32 && rows.shape().rank() == 2,
         "encode_rows: expected rows of f32 [R, D], found {}", describe(rows));
  const std::int64_t count = rows.shape()[0];
  expect_length("encode_rows", rows.shape()[1]);
  expect_tensor(codes, rows.shape(), DType::u8, "encode_rows", "codes");
  expect_tensor(scale, {count}, DType::f32, "encode_rows", "scale");
  expect_tensor(error, {count}, DType::f32, "encode_rows", "error");
  expect_device("encode_rows", rows.device(), codes, scale, error);
  HYPERSPHERE_DISPATCH(rows.device(), encode_rows, rows, codes, scale, error);
}

void code_cosines(const Tensor& query_codes, const Tensor& query_scale, const Tensor& codes,
                  const Tensor& scale, Tensor& cosines) {
  constexpr const char* where = "code_cosines";
  const auto codes_of_rows = [](const Tensor& x) {
    return x.defined() && x.dtype() == DType::u8 && x.shape().rank() == 2;
  };
  expect(codes_of_rows(query_codes) && codes_of_rows(codes) && query_codes.shape()[1] == codes.shape()[1],
         "{}: expected query_codes and codes of u8 [Q, D] and [R, D], found {} and {}", where,
         describe(query_codes), describe(codes));
  const std::int64_t queries = query_codes.shape()[0], rows = codes.shape()[0];
  expect_length(where, codes.shape()[1]);
  expect_tensor(query_scale, {queries}, DType::f32, where, "query_scale");
  expect_tensor(scale, {rows}, DType::f32, where, "scale");
  expect_tensor(cosines, {queries, rows}, DType::f32, where, "cosines");
  expect_device(where, codes.device(), query_codes, query_scale, scale, cosines);
  HYPERSPHERE_DISPATCH(codes.device(), code_cosines, query_codes, query_scale, codes, scale, cosines);
}

}  // namespace hypersphere
