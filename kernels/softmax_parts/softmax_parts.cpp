#include "kernels/softmax_parts/softmax_parts.h"

#include "kernels/dispatch.h"

namespace hypersphere {
namespace {

void expect_first(const char* where, std::int64_t first) {
  expect(first >= 0, "{}: expected a first class of 0 or more, found {}", where, first);
}

}  // namespace

void label_products(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, ClassRange range,
                    const Tensor& labels, Tensor& products) {
  constexpr const char* where = "label_products";
  expect_rank_2(where, x, "x");
  const std::int64_t batch = x.shape()[0];
  expect(range.first >= 0 && range.count >= 0 && range.first + range.count <= range.all,
         "{}: expected a range of {} classes, found {} from {} on", where, range.all, range.count,
         range.first);
  expect_tensor(w, {range.count, x.shape()[1]}, DType::f32, where, "w");
  if (bias.defined()) expect_tensor(bias, {range.count}, DType::f32, where, "bias");
  expect_tensor(labels, {batch}, DType::i32, where, "labels");
  expect_tensor(products, {batch}, DType::f32, where, "products");
  expect_device(where, x.device(), x, w, bias, labels, products);
  HYPERSPHERE_DISPATCH(x.device(), label_products, x, w, bias, rows, range, labels, products);
}

void softmax_part_forward(const Tensor& labels, const Tensor& plain, const Tensor& target, std::int64_t first,
                          Tensor& logits, Tensor& largest, Tensor& sum, Tensor& won) {
  constexpr const char* where = "softmax_part_forward";
  expect_rank_2(where, logits, "logits");
  expect_first(where, first);
  const Shape batch = {logits.shape()[0]};
  expect_tensor(labels, batch, DType::i32, where, "labels");
  expect_tensor(plain, batch, DType::f32, where, "plain");
  expect_tensor(target, batch, DType::f32, where, "target");
  expect_tensor(largest, batch, DType::f32, where, "largest");
  expect_tensor(sum, batch, DType::f32, where, "sum");
  expect_tensor(won, batch, DType::i32, where, "won");
  expect_device(where, logits.device(), labels, plain, target, logits, largest, sum, won);
  HYPERSPHERE_DISPATCH(logits.device(), softmax_part_forward, labels, plain, target, first, logits, largest,
                       sum, won);
}

void softmax_parts_join(std::int64_t classes, const Tensor& target, const Tensor& largest, const Tensor& sum,
                        const Tensor& won, Tensor& log_sum, Tensor& loss, Tensor& correct) {
  constexpr const char* where = "softmax_parts_join";
  expect_rank_2(where, largest, "largest");
  expect(largest.size() > 0, "{}: expected at least one part and one row, found {}", where,
         describe(largest));
  const Shape batch = {largest.shape()[1]};
  expect_tensor(sum, largest.shape(), DType::f32, where, "sum");
  expect_tensor(won, largest.shape(), DType::i32, where, "won");
  expect_tensor(target, batch, DType::f32, where, "target");
  expect_tensor(log_sum, batch, DType::f32, where, "log_sum");
  expect_tensor(loss, {}, DType::f32, where, "loss");
  expect_tensor(correct, {}, DType::i32, where, "correct");
  expect_device(where, largest.device(), target, largest, sum, won, log_sum, loss, correct);
  HYPERSPHERE_DISPATCH(largest.device(), softmax_parts_join, classes, target, largest, sum, won, log_sum,
                       loss, correct);
}

void softmax_part_backward(const Tensor& labels, const Tensor& target, const Tensor& log_sum,
                           const Tensor& dloss, std::int64_t first, Tensor& logits) {
  constexpr const char* where = "softmax_part_backward";
  expect_rank_2(where, logits, "logits");
  expect_first(where, first);
  const Shape batch = {logits.shape()[0]};
  expect_tensor(labels, batch, DType::i32, where, "labels");
  expect_tensor(target, batch, DType::f32, where, "target");
  expect_tensor(log_sum, batch, DType::f32, where, "log_sum");
  expect_tensor(dloss, {}, DType::f32, where, "dloss");
  expect_device(where, logits.device(), labels, target, log_sum, dloss, logits);
  HYPERSPHERE_DISPATCH(logits.device(), softmax_part_backward, labels, target, log_sum, dloss, first, logits);
}

}  // namespace hypersphere
