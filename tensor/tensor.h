// Tensor: a dense, row-major array on one device. It carries no mathematics; see kernels/.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tensor/dtype.h"
#include "tensor/error.h"
#include "tensor/shape.h"

namespace hypersphere {

/// A handle: copies share the elements, clone() copies them. Always contiguous; the only views are runs of
/// rows along the first axis (slice) and other shapes of the same elements (reshape). A default-constructed
/// Tensor is "undefined" and stands for "no tensor" where an argument is optional.
class Tensor {
 public:
  Tensor() = default;

  /// New tensor, elements not initialised. Throws Error when memory runs out or the device has no backend.
  static Tensor empty(Shape shape, DType dtype = DType::f32, Device device = Device::cpu);
  /// New tensor, every byte zero.
  static Tensor zeros(Shape shape, DType dtype = DType::f32, Device device = Device::cpu);
  /// New CPU tensor with a copy of `values`. Throws Error unless there are shape.size() of them.
  template <class T>
  static Tensor from(std::span<const T> values, Shape shape);
  template <class T>
  static Tensor from(const std::vector<T>& values, Shape shape) {
    return from(std::span<const T>(values), shape);
  }
  /// New f32 CPU tensor, every element `value`.
  static Tensor full(Shape shape, float value);

  bool defined() const { return storage_ != nullptr; }
  /// Whether no other handle shares the elements.
  bool sole_owner() const { return storage_.use_count() == 1; }
  const Shape& shape() const { return shape_; }
  DType dtype() const { return dtype_; }
  Device device() const { return device_; }
  std::int64_t size() const { return shape_.size(); }
  std::size_t bytes() const { return static_cast<std::size_t>(size()) * size_of(dtype_); }

  /// The first element, in the memory of device(). Throws Error unless the tensor is defined with element
  /// type T.
  template <class T>
  T* data() {
    check_access(DTypeOf<T>::value);
    return reinterpret_cast<T*>(storage_.get() + offset_);
  }
  template <class T>
  const T* data() const {
    return const_cast<Tensor*>(this)->data<T>();
  }
  /// The elements of a CPU tensor. Throws Error for another device or element type.
  template <class T>
  std::span<T> span() {
    expect(device_ == Device::cpu, "tensor: its elements are on {}; copy it to the cpu first",
           to_string(device_));
    return {data<T>(), static_cast<std::size_t>(size())};
  }
  template <class T>
  std::span<const T> span() const {
    return const_cast<Tensor*>(this)->span<T>();
  }
  std::byte* raw() { return storage_.get() + offset_; }
  const std::byte* raw() const { return storage_.get() + offset_; }

  /// Rows [begin, begin + count) of the first axis, sharing the elements. Throws Error when out of range.
  Tensor slice(std::int64_t begin, std::int64_t count) const;
  /// The same elements under another shape. Throws Error unless the sizes agree.
  Tensor reshape(Shape shape) const;
  /// New tensor with a copy of the elements, on the same device.
  Tensor clone() const;
  /// The tensor itself when it is on `device` already, else a copy there.
  Tensor to(Device device) const;
  /// Copies the elements of `source`. Throws Error unless shape and dtype agree.
  void copy_from(const Tensor& source);
  /// Sets every byte to zero.
  void set_zero();

 private:
  void check_access(DType wanted) const;

  std::shared_ptr<std::byte> storage_;
  std::size_t offset_ = 0;  // bytes
  Shape shape_;
  DType dtype_ = DType::f32;
  Device device_ = Device::cpu;
};

/// "f32 [32, 512] on cpu", or "undefined".
std::string describe(const Tensor& tensor);

/// Throws Error unless `tensor` is defined with this shape and dtype; `where` names the operation, `what` the
/// argument: "conv2d_forward: expected y of f32 [2, 4, 4, 8], found f32 [2, 4, 4, 9] on cpu".
void expect_tensor(const Tensor& tensor, const Shape& shape, DType dtype, const char* where,
                   const char* what);

}  // namespace hypersphere
