#include "kernels/softmax_parts/softmax_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/parallel.h"
#include "kernels/softmax_cross_entropy/labels.h"

namespace hypersphere::cpu {
namespace {

/// Rows of `size` entries that are worth a thread.
std::int64_t row_grain(std::int64_t size) {
  return std::max<std::int64_t>(1, (1 << 13) / std::max<std::int64_t>(1, size));
}

}  // namespace

void label_products(const Tensor& x, const Tensor& w, const Tensor& bias, ClassRows rows, ClassRange range,
                    const Tensor& labels, Tensor& products) {
  const std::int64_t size = x.shape()[1];
  expect_labels("label_products", labels, range.all);
  const std::int32_t* label = labels.data<std::int32_t>();
  const float *px = x.data<float>(), *pw = w.data<float>(),
              *pb = bias.defined() ? bias.data<float>() : nullptr;
  float* out = products.data<float>();
  parallel_for(x.shape()[0], row_grain(size), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t place = label[b] - range.first;
      if (place < 0 || place >= range.count) {
        out[b] = 0;
        continue;
      }
      const float *in = px + b * size, *row = pw + place * size;
      double product = 0, square = 0;
      for (std::int64_t i = 0; i < size; ++i) {
        product += static_cast<double>(in[i]) * static_cast<double>(row[i]);
        square += static_cast<double>(row[i]) * static_cast<double>(row[i]);
      }
      if (rows == ClassRows::unit) product = square == 0 ? 0 : product / std::sqrt(square);
      if (pb != nullptr) product += static_cast<double>(pb[place]);
      out[b] = static_cast<float>(product);
    }
  });
}

void softmax_part_forward(const Tensor& labels, const Tensor& plain, const Tensor& target, std::int64_t first,
                          Tensor& logits, Tensor& largest, Tensor& sum, Tensor& won) {
  constexpr float lowest = -std::numeric_limits<float>::infinity();
  const std::int64_t classes = logits.shape()[1];
  const std::int32_t* label = labels.data<std::int32_t>();
  const float *pp = plain.data<float>(), *pt = target.data<float>();
  float *all = logits.data<float>(), *plargest = largest.data<float>(), *psum = sum.data<float>();
  std::int32_t* pwon = won.data<std::int32_t>();
  parallel_for(logits.shape()[0], row_grain(classes), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      float* row = all + b * classes;
      const std::int64_t place =
          label[b] - first;  // outside of [0, classes) where the label is in another part
      const std::int64_t before = std::clamp<std::int64_t>(place, 0, classes),
                         after = std::clamp<std::int64_t>(place + 1, 0, classes);
      const float mine = pp[b];
      std::int64_t beaten = 0;
      for (std::int64_t j = 0; j < before; ++j) beaten += mine > row[j] ? 1 : 0;
      for (std::int64_t j = after; j < classes; ++j) beaten += mine >= row[j] ? 1 : 0;
      if (before < after) row[place] = pt[b];
      float most = lowest;
#pragma omp simd reduction(max : most)
      for (std::int64_t j = 0; j < classes; ++j) most = row[j] > most ? row[j] : most;
      double total = 0;  // a NaN makes it NaN, and so does an infinity
      for (std::int64_t j = 0; j < classes; ++j)
        if (row[j] != lowest) total += static_cast<double>(std::exp(row[j] - most));
      plargest[b] = most;
      psum[b] = static_cast<float>(total);
      pwon[b] = static_cast<std::int32_t>(beaten);
    }
  });
}

void softmax_parts_join(std::int64_t classes, const Tensor& target, const Tensor& largest, const Tensor& sum,
                        const Tensor& won, Tensor& log_sum, Tensor& loss, Tensor& correct) {
  const std::int64_t parts = largest.shape()[0], batch = largest.shape()[1];
  const float *pt = target.data<float>(), *plargest = largest.data<float>(), *psum = sum.data<float>();
  const std::int32_t* pwon = won.data<std::int32_t>();
  float* out = log_sum.data<float>();
  double total = 0;
  std::int32_t count = 0;
  for (std::int64_t b = 0; b < batch; ++b) {
    float most = plargest[b];
    for (std::int64_t k = 1; k < parts; ++k) most = std::max(most, plargest[k * batch + b]);
    double all = 0;
    std::int64_t beaten = 0;
    for (std::int64_t k = 0; k < parts; ++k) {
      const double distance = static_cast<double>(plargest[k * batch + b]) - static_cast<double>(most);
      all += static_cast<double>(psum[k * batch + b]) * std::exp(distance);
      beaten += pwon[k * batch + b];
    }
    const double row = static_cast<double>(most) + std::log(all);
    out[b] = static_cast<float>(row);
    total += row - static_cast<double>(pt[b]);
    count += beaten == classes - 1 ? 1 : 0;
  }
  *loss.data<float>() = static_cast<float>(total / static_cast<double>(batch));
  *correct.data<std::int32_t>() = count;
}

void softmax_part_backward(const Tensor& labels, const Tensor& target, const Tensor& log_sum,
                           const Tensor& dloss, std::int64_t first, Tensor& logits) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  const std::int32_t* label = labels.data<std::int32_t>();
  const float *pt = target.data<float>(), *plog = log_sum.data<float>();
  const float factor = *dloss.data<float>() / static_cast<float>(batch);
  float* all = logits.data<float>();
  parallel_for(batch, row_grain(classes), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      float* row = all + b * classes;
      for (std::int64_t j = 0; j < classes; ++j) row[j] = factor * std::exp(row[j] - plog[b]);
      const std::int64_t place = label[b] - first;
      if (place >= 0 && place < classes) row[place] = factor * (std::exp(pt[b] - plog[b]) - 1.0f);
    }
  });
}

}  // namespace hypersphere::cpu
