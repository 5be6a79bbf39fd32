#include <array>
#include <cmath>
#include <limits>

#include "kernels/cpu/parallel.h"
#include "kernels/softmax_cross_entropy/labels.h"
#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"

namespace hypersphere::cpu {
namespace {

/// Rows that are worth a thread.
std::int64_t row_grain(std::int64_t classes) { return std::max<std::int64_t>(1, (1 << 13) / classes); }

/// Writes the row's probabilities and returns -log of the label's.
double softmax_row(const float* logits, std::int64_t classes, std::int32_t label, float* probabilities) {
  float largest = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : largest)
  for (std::int64_t j = 0; j < classes; ++j) largest = logits[j] > largest ? logits[j] : largest;
  const double target = static_cast<double>(logits[label]) - static_cast<double>(largest);
  double sum = 0;  // a NaN entry makes it NaN, and with it the whole row
  for (std::int64_t j = 0; j < classes; ++j) {
    const float e = std::exp(logits[j] - largest);
    probabilities[j] = e;
    sum += static_cast<double>(e);
  }
  const float factor = static_cast<float>(1.0 / sum);
#pragma omp simd
  for (std::int64_t j = 0; j < classes; ++j) probabilities[j] *= factor;
  return std::log(sum) - target;
}

}  // namespace

void softmax_cross_entropy_forward(const Tensor& logits, const Tensor& labels, Tensor& probabilities,
                                   Tensor& loss) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  expect_labels("softmax_cross_entropy_forward", labels, classes);
  const float* in = logits.data<float>();
  const std::int32_t* label = labels.data<std::int32_t>();
  float* out = probabilities.data<float>();
  // The losses are summed in fixed groups of rows, so that the bits do not depend on the number of threads.
  constexpr std::int64_t most_groups = 64;
  std::array<double, most_groups> sums{};
  double* sum = sums.data();
  const std::int64_t groups = std::min(batch, most_groups);
  parallel_for(groups, std::max<std::int64_t>(1, row_grain(classes) * groups / batch),
               [=](std::int64_t first, std::int64_t last) {
                 for (std::int64_t k = first; k < last; ++k)
                   for (std::int64_t b = batch * k / groups; b < batch * (k + 1) / groups; ++b)
                     sum[k] += softmax_row(in + b * classes, classes, label[b], out + b * classes);
               });
  double total = 0;
  for (std::int64_t k = 0; k < groups; ++k) total += sums[k];
  *loss.data<float>() = static_cast<float>(total / static_cast<double>(batch));
}

void softmax_cross_entropy_backward(const Tensor& probabilities, const Tensor& labels, const Tensor& dloss,
                                    Tensor& dlogits) {
  const std::int64_t batch = probabilities.shape()[0], classes = probabilities.shape()[1];
  expect_labels("softmax_cross_entropy_backward", labels, classes);
  const float* in = probabilities.data<float>();
  const std::int32_t* label = labels.data<std::int32_t>();
  const float factor = *dloss.data<float>() / static_cast<float>(batch);
  float* out = dlogits.data<float>();
  parallel_for(batch, row_grain(classes), [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      const float* p = in + b * classes;
      float* row = out + b * classes;
      const float target = factor * (p[label[b]] - 1.0f);
#pragma omp simd  // dlogits may be probabilities
      for (std::int64_t j = 0; j < classes; ++j) row[j] = factor * p[j];
      row[label[b]] = target;
    }
  });
}

void count_correct(const Tensor& logits, const Tensor& labels, Tensor& correct) {
  const std::int64_t batch = logits.shape()[0], classes = logits.shape()[1];
  expect_labels("count_correct", labels, classes);
  const float* in = logits.data<float>();
  const std::int32_t* label = labels.data<std::int32_t>();
  std::int32_t count = 0;
  for (std::int64_t b = 0; b < batch; ++b) {
    const float* row = in + b * classes;
    const float target = row[label[b]];
    std::int64_t beaten = 0;  // entries that the label's beats; a NaN beats and is beaten by none
    for (std::int64_t j = 0; j < label[b]; ++j) beaten += target > row[j] ? 1 : 0;
    for (std::int64_t j = label[b]; j < classes; ++j) beaten += target >= row[j] ? 1 : 0;
    count += beaten == classes ? 1 : 0;
  }
  *correct.data<std::int32_t>() = count;
}

}  // namespace hypersphere::cpu
