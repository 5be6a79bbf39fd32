#include "tensor/tensor.h"

#include "tests/support.h"

using namespace hypersphere;

namespace {

Tensor counting(Shape shape) {
  Tensor tensor = Tensor::empty(shape);
  float next = 0;
  for (float& value : tensor.span<float>()) value = next++;
  return tensor;
}

}  // namespace

TEST_CASE("tensor: the ways to make one") {
  CHECK_FALSE(Tensor().defined());
  CHECK(describe(Tensor()) == "undefined");
  const Tensor empty = Tensor::empty({2, 3}, DType::u8);
  CHECK(empty.defined());
  CHECK(empty.bytes() == 6);
  CHECK(describe(empty) == "u8 [2, 3] on cpu");
  const Tensor zeros = Tensor::zeros({5}, DType::i32);
  for (const std::int32_t value : zeros.span<std::int32_t>()) CHECK(value == 0);
  CHECK(test::to_double(Tensor::full({3}, 2.5f)) == std::vector<double>{2.5, 2.5, 2.5});
  const Tensor from = Tensor::from(std::vector<std::uint8_t>{1, 2, 3, 4}, {2, 2});
  CHECK(from.dtype() == DType::u8);
  CHECK(from.data<std::uint8_t>()[3] == 4);
  CHECK_THROWS_WITH_AS(Tensor::from(std::vector<float>{1, 2, 3}, {2, 2}), doctest::Contains("[2, 2]"), Error);
  const Tensor scalar = Tensor::full({}, 4);
  CHECK(scalar.size() == 1);
  CHECK(scalar.span<float>().size() == 1);
  const Tensor none = Tensor::zeros({0, 4});
  CHECK(none.defined());
  CHECK(none.span<float>().empty());
}

TEST_CASE("tensor: copies, slices and reshapes share the elements, clones do not") {
  Tensor tensor = counting({4, 3});
  const Tensor copy = tensor, clone = tensor.clone();
  Tensor rows = tensor.slice(1, 2);
  Tensor flat = tensor.reshape({2, 6});
  CHECK(rows.shape() == Shape{2, 3});
  CHECK(test::to_double(rows) == std::vector<double>{3, 4, 5, 6, 7, 8});
  CHECK(rows.slice(1, 1).data<float>() == tensor.data<float>() + 6);
  rows.data<float>()[0] = 100;
  flat.data<float>()[11] = 200;
  CHECK(tensor.data<float>()[3] == 100);
  CHECK(copy.data<float>()[11] == 200);
  CHECK(clone.data<float>()[3] == 3);
  CHECK(clone.data<float>()[11] == 11);
  rows.set_zero();
  CHECK(test::to_double(tensor) == std::vector<double>{0, 1, 2, 0, 0, 0, 0, 0, 0, 9, 10, 200});
}

TEST_CASE("tensor: a view keeps the elements alive") {
  Tensor view;
  {
    const Tensor tensor = counting({3, 2});
    view = tensor.slice(2, 1);
  }
  CHECK(test::to_double(view) == std::vector<double>{4, 5});
}

TEST_CASE("tensor: slices at the edges") {
  const Tensor tensor = counting({3, 2});
  CHECK(tensor.slice(0, 3).shape() == Shape{3, 2});
  CHECK(tensor.slice(3, 0).size() == 0);
  CHECK(Tensor::zeros({0, 2}).slice(0, 0).size() == 0);
  CHECK_THROWS_WITH_AS(tensor.slice(2, 2), doctest::Contains("f32 [3, 2] on cpu"), Error);
  CHECK_THROWS_AS(tensor.slice(-1, 1), Error);
  CHECK_THROWS_AS(tensor.slice(0, -1), Error);
  CHECK_THROWS_AS(Tensor::full({}, 1).slice(0, 1), Error);
  CHECK_THROWS_AS(Tensor().slice(0, 0), Error);
}

TEST_CASE("tensor: copy_from and to") {
  Tensor target = counting({2, 2});
  target.copy_from(Tensor::full({2, 2}, 7));
  CHECK(test::to_double(target) == std::vector<double>{7, 7, 7, 7});
  CHECK_THROWS_AS(target.copy_from(Tensor::full({4}, 7)), Error);
  CHECK_THROWS_AS(target.copy_from(Tensor::zeros({2, 2}, DType::i32)), Error);
  CHECK_THROWS_AS(target.copy_from(Tensor()), Error);
  CHECK(target.to(Device::cpu).data<float>() == target.data<float>());
  Tensor overlapping = counting({4});
  Tensor(overlapping.slice(1, 3)).copy_from(overlapping.slice(0, 3));
  CHECK(test::to_double(overlapping) == std::vector<double>{0, 0, 1, 2});
}

TEST_CASE("tensor: wrong access says what was found") {
  Tensor tensor = counting({2, 2}), undefined;
  CHECK_THROWS_WITH_AS(tensor.data<std::int32_t>(), doctest::Contains("f32 [2, 2] on cpu"), Error);
  CHECK_THROWS_WITH_AS(undefined.data<float>(), doctest::Contains("undefined"), Error);
  CHECK_THROWS_AS(undefined.set_zero(), Error);
  CHECK_THROWS_AS(undefined.reshape({1}), Error);
  CHECK_THROWS_AS(tensor.reshape({5}), Error);
  CHECK_THROWS_WITH_AS(expect_tensor(tensor, {2, 3}, DType::f32, "some_operation", "y"),
                       "some_operation: expected y of f32 [2, 3], found f32 [2, 2] on cpu", Error);
  CHECK_THROWS_AS(expect_tensor(tensor, {2, 2}, DType::i32, "some_operation", "y"), Error);
  CHECK_THROWS_AS(expect_tensor(undefined, {}, DType::f32, "some_operation", "y"), Error);
  CHECK_NOTHROW(expect_tensor(tensor, {2, 2}, DType::f32, "some_operation", "y"));
}
