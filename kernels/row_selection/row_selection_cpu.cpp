#include "kernels/row_selection/row_selection.h"

#include <algorithm>

#include "kernels/cpu/parallel.h"

namespace hypersphere::cpu {
namespace {

// body(s, rows[s]) for every s, on several threads.
template <class Body>
void for_each_selected(const char* where, const Tensor& rows, const Tensor& all, std::int64_t size,
                       const Body& body) {
  const std::int64_t count = all.shape()[0];
  const std::int32_t* index = rows.data<std::int32_t>();
  for (std::int64_t s = 0; s < rows.size(); ++s)
    expect(index[s] >= 0 && index[s] < count, "{}: expected rows in [0, {}), found {} at {}", where, count,
           index[s], s);
  parallel_for(rows.size(), std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(1, size)),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t s = begin; s < end; ++s) body(s, index[s]);
               });
}

std::int64_t row_size(const Tensor& all) { return all.shape()[0] == 0 ? 0 : all.size() / all.shape()[0]; }

}  // namespace

void take_rows(const Tensor& x, const Tensor& rows, Tensor& out) {
  const std::int64_t size = row_size(x);
  const float* from = x.data<float>();
  float* to = out.data<float>();
  for_each_selected("take_rows", rows, x, size, [=](std::int64_t s, std::int64_t row) {
    std::copy_n(from + row * size, size, to + s * size);
  });
}

void put_rows(const Tensor& x, const Tensor& rows, Tensor& out) {
  const std::int64_t size = row_size(out);
  const float* from = x.data<float>();
  float* to = out.data<float>();
  for_each_selected("put_rows", rows, out, size, [=](std::int64_t s, std::int64_t row) {
    std::copy_n(from + s * size, size, to + row * size);
  });
}

}  // namespace hypersphere::cpu
