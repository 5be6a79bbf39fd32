#include "tensor/tensor.h"

#include <algorithm>
#include <cstring>

#include "tensor/allocator.h"
#include "tensor/cuda_memory.h"

namespace hypersphere {

Tensor Tensor::empty(Shape shape, DType dtype, Device device) {
  Tensor tensor;
  tensor.shape_ = shape;
  tensor.dtype_ = dtype;
  tensor.device_ = device;
  tensor.storage_ = allocate(tensor.bytes(), device);
  return tensor;
}

Tensor Tensor::zeros(Shape shape, DType dtype, Device device) {
  Tensor tensor = empty(shape, dtype, device);
  tensor.set_zero();
  return tensor;
}

template <class T>
Tensor Tensor::from(std::span<const T> values, Shape shape) {
  expect(static_cast<std::int64_t>(values.size()) == shape.size(),
         "tensor: {} values do not fill the shape {}", values.size(), to_string(shape));
  Tensor tensor = empty(shape, DTypeOf<T>::value);
  std::copy(values.begin(), values.end(), tensor.data<T>());
  return tensor;
}
template Tensor Tensor::from(std::span<const float>, Shape);
template Tensor Tensor::from(std::span<const Bf16>, Shape);
template Tensor Tensor::from(std::span<const std::int32_t>, Shape);
template Tensor Tensor::from(std::span<const std::uint8_t>, Shape);

Tensor Tensor::full(Shape shape, float value) {
  Tensor tensor = empty(shape);
  std::ranges::fill(tensor.span<float>(), value);
  return tensor;
}

Tensor Tensor::slice(std::int64_t begin, std::int64_t count) const {
  expect(defined() && shape_.rank() > 0 && begin >= 0 && count >= 0 && begin + count <= shape_[0],
         "tensor: rows [{}, {}) are outside of {}", begin, begin + count, describe(*this));
  Tensor view = *this;
  view.shape_ = shape_.with_first(count);
  const std::int64_t row = shape_[0] == 0 ? 0 : shape_.size() / shape_[0];
  view.offset_ += static_cast<std::size_t>(begin * row) * size_of(dtype_);
  return view;
}

Tensor Tensor::reshape(Shape shape) const {
  expect(defined() && shape.size() == shape_.size(), "tensor: {} cannot take the shape {}", describe(*this),
         to_string(shape));
  Tensor view = *this;
  view.shape_ = shape;
  return view;
}

Tensor Tensor::clone() const {
  Tensor copy = empty(shape_, dtype_, device_);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::to(Device device) const {
  if (device == device_) return *this;
  Tensor copy = empty(shape_, dtype_, device);
  copy.copy_from(*this);
  return copy;
}

void Tensor::copy_from(const Tensor& source) {
  expect(defined() && source.defined() && shape_ == source.shape_ && dtype_ == source.dtype_,
         "tensor: cannot copy {} to {}", describe(source), describe(*this));
  if (device_ == Device::cpu && source.device_ == Device::cpu)
    std::memmove(raw(), source.raw(), bytes());
  else
    cuda::copy_bytes(raw(), device_, source.raw(), source.device_, bytes());
}

void Tensor::set_zero() {
  expect(defined(), "tensor: cannot zero an undefined tensor");
  if (device_ == Device::cpu)
    std::memset(raw(), 0, bytes());
  else
    cuda::zero_bytes(raw(), bytes());
}

void Tensor::check_access(DType wanted) const {
  if (!defined() || dtype_ != wanted)
    fail("tensor: expected elements of {}, found {}", to_string(wanted), describe(*this));
}

std::string describe(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  return fmt::format("{} {} on {}", to_string(tensor.dtype()), to_string(tensor.shape()),
                     to_string(tensor.device()));
}

void expect_tensor(const Tensor& tensor, const Shape& shape, DType dtype, const char* where,
                   const char* what) {
  expect(tensor.defined() && tensor.shape() == shape && tensor.dtype() == dtype,
         "{}: expected {} of {} {}, found {}", where, what, to_string(dtype), to_string(shape),
         describe(tensor));
}

}  // namespace hypersphere
