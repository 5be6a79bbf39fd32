// The nearest rows of a gallery, exactly, at the cost of reading a quarter of its bytes.
//
// Every row's cosine with the query is first computed from codes of one byte (kernels/row_codes), which says it up to a
// known slack: between a lower and an upper bound. With t the k-th best lower bound, the k best rows are among those whose
// upper bound reaches t. These, a few hundred of 100,000, are compared once more, value by value in double, the most
// promising first and no further than the k-th best cosine found. What is returned is therefore what a scan through all
// rows in double would return, to the last bit, on any device.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere {

/// A row and its cosine with the query.
struct Match {
  std::int64_t row = 0;
  double cosine = 0;

  bool operator==(const Match&) const = default;
};

/// The sum of a[i] b[i] in double, in a fixed order: the cosine of unit rows.
double exact_cosine(std::span<const float> a, std::span<const float> b);

/// Rows made unit rows in place, as a search wants them. Returns the first row that has a value which is not finite, or -1;
/// with such a row, nothing is changed.
std::int64_t make_unit_rows(Tensor& rows);

class NearestRows {
 public:
  struct Found {
    std::vector<Match> matches;  ///< the best first; of equal cosines the lower row first
    std::int64_t compared = 0;   ///< rows that were looked at in double
  };

  /// features: f32 [N, D] on the cpu, unit or zero rows; kept, not copied. groups: which rows belong together, such as the
  /// photographs of one person: N numbers of any value. Codes are made and compared on `device`, which holds N D bytes for
  /// them. Throws Error for other shapes, or naming a row that is neither unit nor zero.
  NearestRows(Tensor features, std::vector<std::int32_t> groups, Device device = Device::cpu);

  /// For each query (f32 [Q, D] on the cpu, unit or zero rows) the best row of each of the `most` best groups, or of all
  /// where there are fewer. Rows of the group without[q] do not count, where `without` is given. Memory: at most 64 MiB
  /// of cosines at a time, or those of one query. Throws Error for unfit queries or most < 1.
  std::vector<Found> find(const Tensor& queries, std::int64_t most,
                          std::span<const std::int32_t> without = {}) const;

  const Tensor& features() const { return features_; }
  const std::vector<std::int32_t>& groups() const { return groups_; }
  /// What a query reads of codes, their scales and errors.
  std::int64_t bytes_scanned() const;

 private:
  struct Query;
  Found pick(const Query& query, std::int64_t most) const;

  Tensor features_;
  std::vector<std::int32_t> groups_;
  Tensor codes_, scale_;      // on the device
  std::vector<float> error_;  // of encode_rows
};

}  // namespace hypersphere
