#include <array>

#include "kernels/reduce/reduce.h"
#include "kernels/reduce/row_chunks.h"

namespace hypersphere::cpu {
namespace {

double squares_of(const Tensor& x) {
  constexpr std::int64_t chunks = 64, lanes = 8;
  const float* px = x.data<float>();
  const std::int64_t size = x.size();
  std::array<double, chunks> sums{};
  double* out = sums.data();
  parallel_for(
      chunks, std::clamp<std::int64_t>(chunks * (1 << 14) / std::max<std::int64_t>(1, size), 1, chunks),
      [=](std::int64_t first, std::int64_t last) {
        for (std::int64_t k = first; k < last; ++k) {
          std::int64_t i = size * k / chunks;
          const std::int64_t end = size * (k + 1) / chunks;
          double lane[lanes] = {};  // independent sums, or each addition would wait for the one before
          for (; i + lanes <= end; i += lanes)
            for (std::int64_t l = 0; l < lanes; ++l) {
              const double value = static_cast<double>(px[i + l]);
              lane[l] += value * value;
            }
          for (; i < end; ++i) lane[0] += static_cast<double>(px[i]) * static_cast<double>(px[i]);
          out[k] = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
        }
      });
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum;
}

}  // namespace

void column_sum(const Tensor& x, Tensor& out) {
  const std::int64_t channels = out.size();
  if (channels == 0) return;
  const float* px = x.data<float>();
  sum_row_chunks(x.size() / channels, channels, out.data<float>(),
                 [=](std::int64_t begin, std::int64_t end, float* __restrict sums) {
                   std::int64_t r = begin;
                   // Four rows a pass, so that the sums are read and written a quarter as often.
                   for (; r + 4 <= end; r += 4) {
                     const float* row = px + r * channels;
                     const float *row1 = row + channels, *row2 = row1 + channels, *row3 = row2 + channels;
#pragma omp simd
                     for (std::int64_t c = 0; c < channels; ++c)
                       sums[c] += (row[c] + row1[c]) + (row2[c] + row3[c]);
                   }
                   for (; r < end; ++r) {
                     const float* row = px + r * channels;
#pragma omp simd
                     for (std::int64_t c = 0; c < channels; ++c) sums[c] += row[c];
                   }
                 });
}

void sum_of_squares(std::span<const Tensor> parts, Tensor& sum) {
  double total = 0;
  for (const Tensor& part : parts) total += squares_of(part);
  *sum.data<float>() = static_cast<float>(total);
}

}  // namespace hypersphere::cpu
