#include "tests/reference/row_codes.h"

#include <cmath>

namespace hypersphere::reference {

Values coding_errors(const Values& rows, const Values& codes, const Values& scale, std::int64_t size) {
  Values squares(scale.size(), 0.0);
  for (std::int64_t r = 0; r < std::ssize(scale); ++r)
    for (std::int64_t i = 0; i < size; ++i) {
      const double left = at(rows, r * size + i) - at(scale, r) * at(codes, r * size + i);
      at(squares, r) += left * left;
    }
  for (double& value : squares) value = std::sqrt(value);
  return squares;
}

Values code_cosines(const Values& query_codes, const Values& query_scale, const Values& codes,
                    const Values& scale, std::int64_t size) {
  Values cosines;
  for (std::int64_t q = 0; q < std::ssize(query_scale); ++q)
    for (std::int64_t r = 0; r < std::ssize(scale); ++r) {
      double sum = 0;
      for (std::int64_t i = 0; i < size; ++i) sum += at(query_codes, q * size + i) * at(codes, r * size + i);
      cosines.push_back(at(query_scale, q) * at(scale, r) * sum);
    }
  return cosines;
}

}  // namespace hypersphere::reference
