#include <limits>
#include <utility>

#include "kernels/cpu/parallel.h"
#include "kernels/image/image.h"

namespace hypersphere::cpu {
namespace {

constexpr float middle = 127.5f, share = 1.0f / 128.0f;

float normalised(std::uint8_t pixel) { return (static_cast<float>(pixel) - middle) * share; }

void normalise_pixels(const std::uint8_t* __restrict from, std::int64_t pixels, float* __restrict to) {
#pragma omp simd
  for (std::int64_t i = 0; i < 3 * pixels; ++i) to[i] = normalised(from[i]);
}

// An image of the source, and how large its result is.
struct Frame {
  const std::uint8_t* image;
  std::int64_t source_height, source_width, height, width;
};

// Line y of a change of whole pixels: what lies between the edges is copied as it stands, or from right to left.
void copy_line(const Frame& frame, const ImageChange& change, std::int64_t y, float* to) {
  const std::int64_t width = frame.width, last = frame.source_width - 1;
  const auto source_y = std::clamp<std::int64_t>(
      y + (frame.source_height - frame.height) / 2 - ImageChange::whole(change.shift_y), 0,
      frame.source_height - 1);
  const std::uint8_t* line = frame.image + source_y * frame.source_width * 3;
  // Column x shows column x + offset, before mirroring; those from `first` to `end` lie inside of the source.
  const std::int64_t offset = (frame.source_width - width) / 2 - ImageChange::whole(change.shift_x);
  const std::int64_t first = std::clamp<std::int64_t>(-offset, 0, width);
  const std::int64_t end = std::clamp<std::int64_t>(last + 1 - offset, 0, width);
  const bool mirror = change.mirror == 1;
  const auto repeat = [&](std::int64_t column, std::int64_t x, std::int64_t x_end) {
    const std::uint8_t* pixel = line + 3 * (mirror ? last - column : column);
    for (; x < x_end; ++x)
      for (std::int64_t c = 0; c < 3; ++c) to[3 * x + c] = normalised(pixel[c]);
  };
  repeat(0, 0, first);
  normalise_pixels(line + 3 * (mirror ? last - offset - end + 1 : first + offset), end - first,
                   to + 3 * first);
  if (mirror)
    for (std::int64_t x = first, opposite = end - 1; x < opposite; ++x, --opposite)
      for (std::int64_t c = 0; c < 3; ++c) std::swap(to[3 * x + c], to[3 * opposite + c]);
  repeat(last, end, width);
}

// Makes the lines of changes that are not of whole pixels, before their colours, one image after the other.
class Sampler {
 public:
  // Line y of the result.
  void line(const Frame& frame, const ImageChange& change, std::int64_t y, float* __restrict to) {
    normalise_source(frame);
    find_places(frame, change, y);
    const std::int64_t right = frame.source_width > 1 ? 3 : 0;
    const std::int64_t below = frame.source_height > 1 ? 3 * frame.source_width : 0;
    const float* __restrict source = source_.data<float>();
    const std::int32_t* __restrict first = first_.data<std::int32_t>();
    const float* __restrict parts_x = part_x_.data<float>(), * __restrict parts_y = part_y_.data<float>();
    for (std::int64_t x = 0; x < frame.width; ++x) {
      const float* upper_left = source + first[x];
      const float *upper_right = upper_left + right, *lower_left = upper_left + below,
                  *lower_right = lower_left + right;
      for (std::int64_t c = 0; c < 3; ++c) {
        const float upper = upper_left[c] + parts_x[x] * (upper_right[c] - upper_left[c]);
        const float lower = lower_left[c] + parts_x[x] * (lower_right[c] - lower_left[c]);
        to[3 * x + c] = upper + parts_y[x] * (lower - upper);
      }
    }
  }

 private:
  void normalise_source(const Frame& frame) {
    if (frame.image == image_) return;
    image_ = frame.image;
    const std::int64_t pixels = frame.source_height * frame.source_width;
    if (!source_.defined()) {
      source_ = Tensor::empty({3 * pixels});
      first_ = Tensor::empty({frame.width}, DType::i32);
      part_x_ = Tensor::empty({frame.width});
      part_y_ = Tensor::empty({frame.width});
    }
    normalise_pixels(image_, pixels, source_.data<float>());
  }

  // For each pixel of the line, where its values begin in the source: of the upper left one of the four pixels around its
  // place; and how far the place lies from that one.
  void find_places(const Frame& frame, const ImageChange& change, std::int64_t y) {
    const auto middle_of = [](std::int64_t size) { return static_cast<float>(size - 1) * 0.5f; };
    const auto width = static_cast<std::int32_t>(frame.source_width);
    const auto before_last = [](std::int64_t size) {
      return static_cast<std::int32_t>(std::max<std::int64_t>(0, size - 2));
    };
    const std::int32_t last_column = before_last(frame.source_width),
                       last_line = before_last(frame.source_height);
    const auto most_x = static_cast<float>(frame.source_width - 1),
               most_y = static_cast<float>(frame.source_height - 1);
    const float middle_x = middle_of(frame.source_width), middle_y = middle_of(frame.source_height);
    const float left = -middle_of(frame.width) - change.shift_x, side = change.mirror == 1 ? -1.0f : 1.0f;
    const float v = static_cast<float>(y) - middle_of(frame.height) - change.shift_y;
    const float step_x = change.step_x, step_y = change.step_y;
    std::int32_t* __restrict first = first_.data<std::int32_t>();
    float* __restrict parts_x = part_x_.data<float>(), * __restrict parts_y = part_y_.data<float>();
    const auto columns = static_cast<std::int32_t>(frame.width);
#pragma omp simd
    for (std::int32_t x = 0; x < columns; ++x) {
      const float u = static_cast<float>(x) + left;
      float place_x = middle_x + side * (step_x * u - step_y * v);
      float place_y = middle_y + (step_y * u + step_x * v);
      place_x = place_x > 0 ? place_x : 0;  // where it is no number, too
      place_y = place_y > 0 ? place_y : 0;
      place_x = place_x < most_x ? place_x : most_x;
      place_y = place_y < most_y ? place_y : most_y;
      auto column = static_cast<std::int32_t>(place_x), line = static_cast<std::int32_t>(place_y);
      column = column < last_column ? column : last_column;
      line = line < last_line ? line : last_line;
      first[x] = 3 * (line * width + column);
      parts_x[x] = place_x - static_cast<float>(column);
      parts_y[x] = place_y - static_cast<float>(line);
    }
  }

  const std::uint8_t* image_ = nullptr;  // whose values source_ holds
  Tensor source_, first_, part_x_, part_y_;
};

void change_colours(const ImageChange& change, std::int64_t width, float* line) {
  constexpr float most = middle * share;
  for (std::int64_t x = 0; x < width; ++x) {
    float* pixel = line + 3 * x;
    const float grey = 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
    for (std::int64_t c = 0; c < 3; ++c) {
      const float value =
          change.contrast * (grey + change.saturation * (pixel[c] - grey)) + change.brightness;
      pixel[c] = std::clamp(value, -most, most);
    }
  }
}

void erase(const ImageChange& change, std::int64_t width, std::int64_t y, float* line) {
  if (!change.erases_of_line(y)) return;
  for (std::int64_t x = 0; x < width; ++x)
    if (change.erases_of_column(x)) std::fill_n(line + 3 * x, 3, 0.0f);
}

}  // namespace

void image_normalise(const Tensor& pixels, const Tensor& changes, Tensor& out) {
  if (out.size() == 0) return;
  const std::uint8_t* from = pixels.data<std::uint8_t>();
  float* to = out.data<float>();
  if (!changes.defined() && pixels.shape() == out.shape()) {
    parallel_for(pixels.size() / 3, 1 << 13, [=](std::int64_t begin, std::int64_t end) {
      normalise_pixels(from + 3 * begin, end - begin, to + 3 * begin);
    });
    return;
  }
  const std::int64_t source_height = pixels.shape()[1], source_width = pixels.shape()[2];
  expect(3 * source_height * source_width <= std::numeric_limits<std::int32_t>::max(),
         "image_normalise: an image is too large: {}", describe(pixels));
  const std::int64_t height = out.shape()[1], width = out.shape()[2];
  const float* rows = changes.defined() ? changes.data<float>() : nullptr;
  parallel_for(out.shape()[0] * height, std::max<std::int64_t>(1, (1 << 13) / (3 * width)),
               [=](std::int64_t begin, std::int64_t end) {
                 Sampler sampler;
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t n = i / height, y = i % height;
                   const ImageChange change =
                       rows != nullptr ? ImageChange::read(rows + n * ImageChange::numbers) : ImageChange{};
                   const Frame frame{from + n * source_height * source_width * 3, source_height, source_width,
                                     height, width};
                   float* line = to + i * width * 3;
                   if (change.moves_whole_pixels())
                     copy_line(frame, change, y, line);
                   else
                     sampler.line(frame, change, y, line);
                   if (!change.keeps_colours()) change_colours(change, width, line);
                   erase(change, width, y, line);
                 }
               });
}

}  // namespace hypersphere::cpu
