#include "cluster/row_shares.h"

#include "tensor/error.h"

namespace hypersphere {

std::vector<std::int64_t> elements_of_rows(const char* what, const Communicator& ranks, const Tensor& all,
                                           const std::vector<std::int64_t>& rows, const Tensor& mine) {
  std::int64_t total = 0;
  for (const std::int64_t count : rows) total += count;
  expect(std::ssize(rows) == ranks.size() && all.shape().rank() >= 1 && all.shape()[0] == total,
         "{}: expected {} processes' {} rows, found {}", what, rows.size(), total, describe(all));
  const std::int64_t each = total == 0 ? 0 : all.size() / total;
  std::vector<std::int64_t> elements;
  for (const std::int64_t count : rows) elements.push_back(count * each);
  const std::int64_t expected = elements[static_cast<std::size_t>(ranks.rank())];
  expect(mine.size() == expected && mine.dtype() == all.dtype() && mine.device() == all.device(),
         "{}: process {} has {}, expected {} elements", what, ranks.rank(), describe(mine), expected);
  return elements;
}

}  // namespace hypersphere
