// Convolution with few input channels, where a tap of implicit GEMM has too little to do: whole lines of the window are
// taps, and the windows are copied into rows of memory that stays in the cache, a block of pixels at a time, where they
// must lie together or leave the image.
#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/conv2d/conv2d.h"

namespace hypersphere::cpu {

/// Whether a convolution with `in` channels gathers its windows: below a vector's worth of channels the inner loop over
/// one tap would be all overhead, and the window is small.
constexpr bool few_channels(std::int64_t in) { return in < 8; }

/// Copies windows of images x [N, height, width, in].
struct WindowGather {
  std::int64_t height, width, in;
  std::int64_t kernel_height, kernel_width, pad;

  /// row[(ky, kx, i)] = x[n, y + ky - pad, left + kx - pad, i], zero outside of the image. row: kernel_height
  /// kernel_width in floats.
  void operator()(const float* x, std::int64_t n, std::int64_t y, std::int64_t left, float* row) const {
    const std::int64_t ix = left - pad, size = kernel_width * in;
    // The part of the window's line that lies inside of the image is contiguous in NHWC.
    const std::int64_t first = std::clamp<std::int64_t>(-ix, 0, kernel_width) * in;
    const std::int64_t last = std::clamp<std::int64_t>(width - ix, 0, kernel_width) * in;
    for (std::int64_t iy = y - pad; iy < y - pad + kernel_height; ++iy, row += size) {
      if (iy < 0 || iy >= height || first >= last) {
        std::fill(row, row + size, 0.0f);
        continue;
      }
      const float* const line = x + ((n * height + iy) * width + ix) * in;
      if (first > 0) std::fill(row, row + first, 0.0f);
      copy(line + first, last - first, row + first);
      if (last < size) std::fill(row + last, row + size, 0.0f);
    }
  }

 private:
  /// A short run, for which a call of memcpy would take longer than the copy.
  static void copy(const float* from, std::int64_t count, float* to) {
    constexpr std::int64_t piece = 8;
    std::int64_t i = 0;
    for (; i + piece <= count; i += piece) std::memcpy(to + i, from + i, piece * sizeof(float));
    for (; i < count; ++i) to[i] = from[i];
  }
};

}  // namespace hypersphere::cpu
