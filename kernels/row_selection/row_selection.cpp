#include "kernels/row_selection/row_selection.h"

#include "kernels/dispatch.h"

namespace hypersphere {
namespace {

// `selected` has a row for each of `rows`, like those of `all`.
void expect_fit(const char* where, const Tensor& all, const Tensor& rows, const Tensor& selected) {
  expect(all.defined() && all.shape().rank() >= 1, "{}: expected rows to select from, found {}", where,
         describe(all));
  expect(rows.defined() && rows.shape().rank() == 1, "{}: expected rows of i32 with one axis, found {}",
         where, describe(rows));
  expect_tensor(all, all.shape(), DType::f32, where, "the whole");
  expect_tensor(rows, rows.shape(), DType::i32, where, "rows");
  expect_tensor(selected, all.shape().with_first(rows.size()), DType::f32, where, "the selected rows");
  expect_device(where, all.device(), rows, selected);
}

}  // namespace

void take_rows(const Tensor& x, const Tensor& rows, Tensor& out) {
  expect_fit("take_rows", x, rows, out);
  HYPERSPHERE_DISPATCH(x.device(), take_rows, x, rows, out);
}

void put_rows(const Tensor& x, const Tensor& rows, Tensor& out) {
  expect_fit("put_rows", out, rows, x);
  HYPERSPHERE_DISPATCH(x.device(), put_rows, x, rows, out);
}

}  // namespace hypersphere
