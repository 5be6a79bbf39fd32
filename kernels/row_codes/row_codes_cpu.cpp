// Codes of rows and their products on the CPU. A product of two vectors of codes widens both to 16 bits, multiplies and
// adds neighbours: two instructions for as many codes as half a vector holds, which is faster than memory delivers them.

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/row_codes/row_codes_cpu.cpp"
#include <hwy/foreach_target.h>
// Highway's own header must follow.
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "kernels/cpu/parallel.h"
#include "kernels/row_codes/row_codes.h"
#include "kernels/row_codes/storage.h"

HWY_BEFORE_NAMESPACE();
namespace hypersphere {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

float largest_magnitude(const float* row, std::int64_t size) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto largest = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + lanes <= size; i += lanes) largest = hn::Max(largest, hn::Abs(hn::LoadU(d, row + i)));
  float result = hn::GetLane(hn::MaxOfLanes(d, largest));
  for (; i < size; ++i) result = std::max(result, std::abs(row[i]));
  return result;
}

void encode_row(const float* row, std::int64_t size, std::int8_t* codes, float* scale, float* error) {
  const hn::ScalableTag<double> wide;
  const hn::Rebind<float, decltype(wide)> narrow;
  const hn::Rebind<std::int8_t, decltype(wide)> bytes;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(wide));
  const float step = largest_magnitude(row, size) / 127;
  const auto steps = hn::Set(narrow, step), most = hn::Set(narrow, 127.0f), least = hn::Set(narrow, -127.0f);
  const auto wide_steps = hn::Set(wide, static_cast<double>(step));
  auto squares = hn::Zero(wide);
  double rest = 0;
  std::int64_t i = 0;
  if (step > 0)
    for (; i + lanes <= size; i += lanes) {
      const auto values = hn::LoadU(narrow, row + i);
      const auto code = hn::NearestInt(hn::Max(least, hn::Min(most, hn::Div(values, steps))));
      hn::StoreU(hn::DemoteTo(bytes, code), bytes, codes + i);
      // The product is exact: 24 bits times 7.
      const auto left = hn::Sub(hn::PromoteTo(wide, values), hn::Mul(wide_steps, hn::PromoteTo(wide, code)));
      squares = hn::Add(squares, hn::Mul(left, left));
    }
  for (; i < size; ++i) {
    const float steps_of = step > 0 ? row[i] / step : 0;
    const float inside = steps_of > -127 ? std::min(steps_of, 127.0f) : -127.0f;  // of a NaN too
    codes[i] = static_cast<std::int8_t>(std::lrint(inside));
    const double left = static_cast<double>(row[i]) - static_cast<double>(step) * codes[i];
    rest += left * left;
  }
  const double length = std::sqrt(hn::GetLane(hn::SumOfLanes(wide, squares)) + rest);
  *scale = step;
  *error = length == 0 ? 0 : static_cast<float>(length * error_factor) + error_term;
}

void encode(const Tensor& rows, Tensor& codes, Tensor& scale, Tensor& error) {
  const std::int64_t size = rows.shape()[1];
  const float* const from = rows.data<float>();
  std::int8_t* const to = signed_bytes(codes);
  float *const scales = scale.data<float>(), *const errors = error.data<float>();
  cpu::parallel_for(rows.shape()[0], std::max<std::int64_t>(1, (1 << 14) / std::max<std::int64_t>(1, size)),
                    [=](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t r = begin; r < end; ++r)
                        encode_row(from + r * size, size, to + r * size, scales + r, errors + r);
                    });
}

/// What a product of codes works on. The queries' codes are widened already.
struct CodedProduct {
  const std::int16_t* queries;
  const float* query_scale;
  std::int64_t query_count;
  const std::int8_t* codes;
  const float* scale;
  std::int64_t rows, size;
  float* cosines;
};

/// The cosines of query_count queries from `query` on with row_count rows from `row` on. All of them advance together, so
/// that a vector that was loaded and widened serves several products.
template <int query_count, int row_count>
HWY_INLINE void multiply_codes(const CodedProduct& work, std::int64_t query, std::int64_t row) {
  const hn::ScalableTag<std::int16_t> shorts;
  const hn::Rebind<std::int8_t, decltype(shorts)> bytes;
  const hn::RepartitionToWide<decltype(shorts)> ints;
  using Sums = hn::Vec<decltype(ints)>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(shorts));
  const std::int64_t size = work.size;
  const std::int16_t* const a = work.queries + query * size;
  const std::int8_t* const b = work.codes + row * size;
  Sums sums[query_count][row_count],
      more[query_count][row_count];  // `more` stays 0 where the instruction needs one
  for (int q = 0; q < query_count; ++q)
    for (int r = 0; r < row_count; ++r) sums[q][r] = more[q][r] = hn::Zero(ints);
  std::int64_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    hn::Vec<decltype(shorts)> right[row_count];
#pragma GCC unroll 4
    for (int r = 0; r < row_count; ++r) right[r] = hn::PromoteTo(shorts, hn::LoadU(bytes, b + r * size + i));
#pragma GCC unroll 4
    for (int q = 0; q < query_count; ++q) {
      const auto left = hn::LoadU(shorts, a + q * size + i);
#pragma GCC unroll 4
      for (int r = 0; r < row_count; ++r)
        sums[q][r] = hn::ReorderWidenMulAccumulate(ints, left, right[r], sums[q][r], more[q][r]);
    }
  }
  for (int q = 0; q < query_count; ++q)
    for (int r = 0; r < row_count; ++r) {
      std::int32_t sum = hn::GetLane(hn::SumOfLanes(ints, hn::Add(sums[q][r], more[q][r])));
      for (std::int64_t k = i; k < size; ++k) sum += a[q * size + k] * b[r * size + k];
      work.cosines[(query + q) * work.rows + row + r] =
          static_cast<float>(sum) * (work.query_scale[query + q] * work.scale[row + r]);
    }
}

/// Of query_count queries with the rows [begin, end), row_count at a time.
template <int query_count, int row_count>
HWY_INLINE void multiply_queries(const CodedProduct& work, std::int64_t query, std::int64_t begin,
                                 std::int64_t end) {
  std::int64_t row = begin;
  for (; row + row_count <= end; row += row_count) multiply_codes<query_count, row_count>(work, query, row);
  for (; row < end; ++row) multiply_codes<query_count, 1>(work, query, row);
}

void multiply_rows(const CodedProduct& work, std::int64_t begin, std::int64_t end) {
  std::int64_t query = 0;
  for (; query + 4 <= work.query_count; query += 4) multiply_queries<4, 2>(work, query, begin, end);
  for (; query < work.query_count; ++query) multiply_queries<1, 4>(work, query, begin, end);
}

void multiply(const Tensor& query_codes, const Tensor& query_scale, const Tensor& codes, const Tensor& scale,
              Tensor& cosines) {
  constexpr std::int64_t block_bytes =
      1 << 17;  // of rows: they stay in the cache while one query after the other comes
  const std::int64_t queries = query_codes.shape()[0], rows = codes.shape()[0], size = codes.shape()[1];
  Tensor workspace = Tensor::empty({queries, size, 2}, DType::u8);
  auto* const widened = reinterpret_cast<std::int16_t*>(workspace.raw());
  std::copy_n(signed_bytes(query_codes), queries * size, widened);
  const CodedProduct work = {
      widened, query_scale.data<float>(), queries, signed_bytes(codes), scale.data<float>(), rows,
      size,    cosines.data<float>()};
  const std::int64_t block = std::max<std::int64_t>(4, block_bytes / std::max<std::int64_t>(1, size) / 4 * 4);
  cpu::parallel_each((rows + block - 1) / block, [&] {
    return [&](std::int64_t k) { multiply_rows(work, k * block, std::min(rows, (k + 1) * block)); };
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace hypersphere
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hypersphere {

HWY_EXPORT(encode);
HWY_EXPORT(multiply);

namespace cpu {

void encode_rows(const Tensor& rows, Tensor& codes, Tensor& scale, Tensor& error) {
  HWY_DYNAMIC_DISPATCH(encode)(rows, codes, scale, error);
}

void code_cosines(const Tensor& query_codes, const Tensor& query_scale, const Tensor& codes,
                  const Tensor& scale, Tensor& cosines) {
  HWY_DYNAMIC_DISPATCH(multiply)(query_codes, query_scale, codes, scale, cosines);
}

}  // namespace cpu
}  // namespace hypersphere
#endif
