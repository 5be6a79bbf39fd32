#include "kernels/cpu/parallel.h"
#include "kernels/image/image.h"

namespace hypersphere::cpu {
namespace {

float normalised(std::uint8_t pixel) { return (static_cast<float>(pixel) - 127.5f) * (1.0f / 128.0f); }

}  // namespace

void image_normalise(const Tensor& pixels, const Tensor& augment, Tensor& out) {
  const std::int64_t height = pixels.shape()[1], width = pixels.shape()[2];
  if (pixels.size() == 0) return;
  const std::uint8_t* __restrict from = pixels.data<std::uint8_t>();
  float* __restrict to = out.data<float>();
  if (!augment.defined()) {
    parallel_for(pixels.size(), 1 << 14, [=](std::int64_t begin, std::int64_t end) {
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) to[i] = normalised(from[i]);
    });
    return;
  }
  const std::int32_t* change = augment.data<std::int32_t>();
  const std::int64_t lines = pixels.shape()[0] * height;
  parallel_for(lines, std::max<std::int64_t>(1, (1 << 13) / (3 * width)),
               [=](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t line = begin; line < end; ++line) {
                   const std::int64_t n = line / height, y = line % height;
                   const bool mirror = change[3 * n] != 0;
                   const std::int64_t shift_x = change[3 * n + 1], shift_y = change[3 * n + 2];
                   const std::int64_t source_y = std::clamp<std::int64_t>(y - shift_y, 0, height - 1);
                   const std::uint8_t* in = from + (n * height + source_y) * width * 3;
                   float* row = to + line * width * 3;
                   for (std::int64_t x = 0; x < width; ++x) {
                     std::int64_t source_x = std::clamp<std::int64_t>(x - shift_x, 0, width - 1);
                     if (mirror) source_x = width - 1 - source_x;
                     for (std::int64_t c = 0; c < 3; ++c) row[3 * x + c] = normalised(in[3 * source_x + c]);
                   }
                 }
               });
}

}  // namespace hypersphere::cpu
