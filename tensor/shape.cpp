#include "tensor/shape.h"

#include "tensor/error.h"

namespace hypersphere {

Shape::Shape(std::initializer_list<std::int64_t> extents)
    : Shape(of(extents.begin(), static_cast<int>(extents.size()))) {}

Shape Shape::of(const std::int64_t* extents, int rank) {
  expect(rank <= max_rank, "shape: expected at most {} extents, found {}", max_rank, rank);
  constexpr std::int64_t limit = std::int64_t{1} << 62;
  Shape shape;
  shape.rank_ = rank;
  for (int axis = 0; axis < rank; ++axis) {
    const std::int64_t extent = extents[axis];
    expect(extent >= 0, "shape: expected extents of 0 or more, found {} at axis {}", extent, axis);
    expect(extent == 0 || shape.size_ <= limit / extent,
           "shape: more than 2^62 elements at axis {} of extent {}", axis, extent);
    shape.extents_[axis] = extent;
    shape.size_ *= extent;
  }
  return shape;
}

std::int64_t Shape::operator[](int axis) const {
  const int index = axis < 0 ? axis + rank_ : axis;
  if (index < 0 || index >= rank_) fail("shape {}: no axis {}", to_string(*this), axis);
  return extents_[index];
}

Shape Shape::with_first(std::int64_t extent) const {
  expect(rank_ > 0, "shape []: a scalar has no first axis to replace");
  auto extents = extents_;
  extents[0] = extent;
  return of(extents.data(), rank_);
}

std::string to_string(const Shape& shape) {
  std::string text = "[";
  for (int axis = 0; axis < shape.rank(); ++axis) text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + "]";
}

}  // namespace hypersphere
