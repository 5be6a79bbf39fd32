#pragma once

#include "kernels/cuda/divider.h"
#include "kernels/cuda/values.cuh"
#include "kernels/image/image_change.h"

namespace hypersphere::cuda {

/// The extents of image.h's tensors.
struct ImageFrame {
  std::int64_t images, source_lines, source_columns, lines, columns;
};

/// A place on an axis of the source: the pixel before it, and how far it lies from that one.
struct Between {
  std::int64_t pixel;
  float part;
};

__device__ __forceinline__ Between between(float place, std::int64_t size) {
  const auto most = static_cast<float>(size - 1);
  place = place > 0 ? (place < most ? place : most) : 0;
  auto pixel = static_cast<std::int64_t>(place);
  pixel = pixel < size - 1 ? pixel : size > 1 ? size - 2 : 0;
  return {pixel, place - static_cast<float>(pixel)};
}

/// The channels of pixel (x, y) of the result, from an image of any change but for erasing.
__device__ __forceinline__ void change_pixel(const std::uint8_t* image, const ImageChange& change,
                                             const ImageFrame& frame, std::int64_t x, std::int64_t y,
                                             float (&values)[3]) {
  const auto middle_of = [](std::int64_t size) { return static_cast<float>(size - 1) * 0.5f; };
  const float u = static_cast<float>(x) - middle_of(frame.columns) - change.shift_x;
  const float v = static_cast<float>(y) - middle_of(frame.lines) - change.shift_y;
  const float p = change.step_x * u - change.step_y * v, q = change.step_y * u + change.step_x * v;
  const Between column =
      between(middle_of(frame.source_columns) + (change.mirror == 1 ? -p : p), frame.source_columns);
  const Between line = between(middle_of(frame.source_lines) + q, frame.source_lines);
  const std::int64_t right = frame.source_columns > 1 ? 3 : 0;
  const std::int64_t below = frame.source_lines > 1 ? 3 * frame.source_columns : 0;
  const std::uint8_t* pixel = image + 3 * (line.pixel * frame.source_columns + column.pixel);
  HYPERSPHERE_UNROLL
  for (int c = 0; c < 3; ++c, ++pixel) {
    const auto at = [&](std::int64_t i) { return static_cast<float>(pixel[i]); };
    const float upper = at(0) + column.part * (at(right) - at(0));
    const float lower = at(below) + column.part * (at(below + right) - at(below));
    values[c] = (upper + line.part * (lower - upper) - 127.5f) * (1.0f / 128.0f);
  }
  if (change.keeps_colours()) return;
  constexpr float most = 127.5f / 128.0f;
  const float grey = 0.299f * values[0] + 0.587f * values[1] + 0.114f * values[2];
  HYPERSPHERE_UNROLL
  for (float& value : values) {
    value = change.contrast * (grey + change.saturation * (value - grey)) + change.brightness;
    value = value < -most ? -most : value > most ? most : value;
  }
}

/// image.h's formula. A thread makes `width`, 1 or 4, neighbouring elements of a line at a time, line_groups.divisor
/// of which make up the line; blockIdx.y strides over the images. `changes` may be null.
template <int width, class Element>
__global__ void image_normalise_kernel(const std::uint8_t* pixels, const ImageChange* changes, Element* out,
                                       ImageFrame frame, Divider line_groups) {
  static_assert(width == 1 || width == 4);
  constexpr int touched = width == 1 ? 1 : 2;  // pixels that a thread's elements belong to
  const auto inside = [](std::int64_t value, std::int64_t size) {
    return value < 0 ? 0 : value < size ? value : size - 1;
  };
  const std::int64_t size = 3 * frame.lines * frame.columns;
  const std::int64_t margin_x = (frame.source_columns - frame.columns) / 2,
                     margin_y = (frame.source_lines - frame.lines) / 2;
  const auto groups = static_cast<unsigned>(size / width);
  for (std::int64_t n = blockIdx.y; n < frame.images; n += gridDim.y) {
    const ImageChange change = changes != nullptr ? changes[n] : ImageChange{};
    const bool plain = change.moves_whole_pixels() && change.keeps_colours();
    const std::int64_t offset_x = margin_x - ImageChange::whole(change.shift_x),
                       offset_y = margin_y - ImageChange::whole(change.shift_y);
    const std::uint8_t* image = pixels + n * 3 * frame.source_lines * frame.source_columns;
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < groups; i += gridDim.x * blockDim.x) {
      const unsigned y = line_groups.quotient(i), first = (i - y * line_groups.divisor) * width;
      float values[width];
      if (plain) {
        const std::uint8_t* line =
            image + inside(y + offset_y, frame.source_lines) * 3 * frame.source_columns;
        HYPERSPHERE_UNROLL
        for (int k = 0; k < width; ++k) {
          const unsigned element = first + static_cast<unsigned>(k);
          std::int64_t x = inside(element / 3 + offset_x, frame.source_columns);
          if (change.mirror == 1) x = frame.source_columns - 1 - x;
          values[k] = (static_cast<float>(line[3 * x + element % 3]) - 127.5f) * (1.0f / 128.0f);
        }
      } else {
        float channels[3 * touched];
        HYPERSPHERE_UNROLL
        for (int k = 0; k < touched; ++k) {
          float pixel[3];
          change_pixel(image, change, frame, first / 3 + static_cast<unsigned>(k), y, pixel);
          channels[3 * k] = pixel[0], channels[3 * k + 1] = pixel[1], channels[3 * k + 2] = pixel[2];
        }
        const unsigned skipped = first % 3;  // by conditions: an index would push the array out to memory
        HYPERSPHERE_UNROLL
        for (int k = 0; k < width; ++k)
          values[k] = skipped == 0 ? channels[k] : skipped == 1 ? channels[k + 1] : channels[k + 2];
      }
      if (change.erases_of_line(y)) {
        HYPERSPHERE_UNROLL
        for (int k = 0; k < width; ++k)
          if (change.erases_of_column((first + static_cast<unsigned>(k)) / 3)) values[k] = 0;
      }
      write_values(out + n * size + std::int64_t{i} * width, values);
    }
  }
}

}  // namespace hypersphere::cuda
