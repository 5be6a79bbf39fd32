// Shape: the extents of a dense, row-major array.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace hypersphere {

/// Up to four extents, outermost first. Images are [N, H, W, C], convolution weights [out, kh, kw, in].
/// A default-constructed Shape has rank 0 and one element (a scalar).
class Shape {
 public:
  static constexpr int max_rank = 4;

  Shape() = default;
  /// Throws Error for more than four extents, a negative extent, or an element count beyond 2^62.
  Shape(std::initializer_list<std::int64_t> extents);
  static Shape of(const std::int64_t* extents, int rank);

  int rank() const { return rank_; }
  /// Number of elements: the product of the extents.
  std::int64_t size() const { return size_; }
  /// Extent of `axis`; negative axes count from the end. Throws Error when out of range.
  std::int64_t operator[](int axis) const;
  /// The same shape with the first extent replaced. Throws Error for a scalar.
  Shape with_first(std::int64_t extent) const;

  bool operator==(const Shape& other) const = default;

 private:
  std::array<std::int64_t, max_rank> extents_{};
  std::int64_t size_ = 1;
  int rank_ = 0;
};

/// "[32, 56, 48, 64]"
std::string to_string(const Shape& shape);

}  // namespace hypersphere
