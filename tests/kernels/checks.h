// What the kernel tests check in the same way for every operation.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "kernels/cpu/parallel.h"
#include "tests/reference/values.h"
#include "tests/support.h"

namespace hypersphere::test {

using reference::Values;

/// The bound on relative_error for f32 kernels.
inline constexpr double bound = 1e-5;

/// The bound on relative_error for values that were rounded to bf16 at the end: half a unit in the last of 8 bits.
inline constexpr double bf16_bound = 1.0 / 256;

inline Values rounded_to_bf16(Values values) {
  for (double& value : values) value = static_cast<double>(to_float(to_bf16(static_cast<float>(value))));
  return values;
}

inline double error_of(const Tensor& out, const Values& expected) {
  return relative_error(to_double(out.to(Device::cpu)), expected);
}

/// A case of an operation on rows of channels.
struct RowsCase {
  std::string name;
  Shape shape;  // the last extent is the channels
};

/// For the operations that sum over rows in chunks (reduce/row_chunks.h).
inline const std::vector<RowsCase> rows_cases = {
    {"one element", {1}},
    {"one row", {1, 512}},
    {"one channel", {333, 1}},
    {"ragged", {2, 7, 5, 3}},
    {"just one chunk of rows", {127, 19}},
    {"two chunks of rows", {128, 19}},
    {"ragged chunks", {4999, 17}},
    {"no rows", {0, 8}},
    {"stage 1", {2, 56, 48, 64}},
    {"stage 4, odd batch", {3, 7, 6, 512}},
};

/// What an oracle says of a whole array, or of a random sample of its elements where the array is large.
struct Expected {
  std::vector<std::int64_t> indices;
  Values values;
};

/// Asks `oracle(index)` for all of `size` elements, or for the first, the last and a random few of them.
template <class Oracle>
Expected expected(std::int64_t size, const Oracle& oracle, std::int64_t most = 2000) {
  Expected result;
  if (size <= most) {
    for (std::int64_t i = 0; i < size; ++i) result.indices.push_back(i);
  } else {
    result.indices = {0, size - 1};
    const Tensor drawn = random_labels(most, size);
    for (const std::int32_t i : drawn.span<std::int32_t>()) result.indices.push_back(i);
  }
  for (const std::int64_t i : result.indices) result.values.push_back(oracle(i));
  return result;
}

/// Infinity where any element, sampled or not, was left as poison.
inline double error_of(const Tensor& out, const Expected& expected) {
  const Values all = to_double(out.to(Device::cpu));
  for (const double value : all)
    if (std::isnan(value)) return std::numeric_limits<double>::infinity();
  Values sampled;
  for (const std::int64_t i : expected.indices) sampled.push_back(reference::at(all, i));
  return relative_error(sampled, expected.values);
}

/// Checks that the tensors that run() returns have the same bits on one, two and three threads.
template <class Run>
void check_thread_counts(const Run& run) {
  struct Restore {
    int threads = cpu::thread_count();
    ~Restore() { cpu::set_thread_count(threads); }
  } restore;
  cpu::set_thread_count(1);
  const std::vector<Tensor> alone = run();
  for (const int threads : {2, 3}) {
    cpu::set_thread_count(threads);
    const std::vector<Tensor> shared = run();
    REQUIRE(shared.size() == alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) {
      INFO("output ", i, " on ", threads, " threads");
      CHECK(same_bits(alone[i], shared[i]));
    }
  }
}

}  // namespace hypersphere::test

/// Checks that an expression throws Error with a message that contains `text`.
#define CHECK_FAILS(expression, text) \
  CHECK_THROWS_WITH_AS(expression, doctest::Contains(text), hypersphere::Error)
