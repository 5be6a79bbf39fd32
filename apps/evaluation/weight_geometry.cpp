#include "apps/evaluation/weight_geometry.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "apps/evaluation/pair_angles.h"

namespace hypersphere {
namespace {

void measure_between(const Tensor& weight, WeightGeometry& result) {
  for_each_angle_strip(weight, weight, [&](std::int64_t first, const Tensor& degrees) {
    const std::int64_t classes = degrees.shape()[1];
    for (std::int64_t i = first; i < first + degrees.shape()[0]; ++i) {
      const float* row = degrees.data<float>() + (i - first) * classes;
      const std::span<const float> after(row + i + 1, row + classes);
      result.between.add(after);
      const auto least = std::ranges::min_element(after);
      if (least != after.end() && !(*least >= result.smallest_between.degrees))
        result.smallest_between = {*least, i, i + 1 + (least - after.begin())};
    }
  });
}

// The rows whose photographs have a class, and those classes.
std::pair<Tensor, std::vector<std::int32_t>> known(const Tensor& embeddings,
                                                   std::span<const std::int32_t> classes) {
  std::vector<std::int32_t> kept;
  std::ranges::copy_if(classes, std::back_inserter(kept), [](std::int32_t value) { return value >= 0; });
  const std::int64_t size = embeddings.shape()[1];
  Tensor rows = Tensor::empty({std::ssize(kept), size});
  float* to = rows.data<float>();
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i] >= 0)
      to = std::copy_n(embeddings.data<float>() + static_cast<std::int64_t>(i) * size, size, to);
  return {rows, kept};
}

}  // namespace

WeightGeometry measure_weights(const Tensor& embeddings, std::span<const std::int32_t> classes,
                               const Tensor& weight, int margin) {
  expect(embeddings.shape().rank() == 2 && embeddings.shape()[0] == std::ssize(classes),
         "geometry: expected an embedding for each of {} classes, found {}", classes.size(),
         describe(embeddings));
  for (std::size_t i = 0; i < classes.size(); ++i)
    expect(classes[i] >= -1 && classes[i] < weight.shape()[0],
           "geometry: photograph {} is of class {}, but there are {} class weights", i, classes[i],
           weight.shape()[0]);
  WeightGeometry result;
  measure_between(weight, result);
  const auto [rows, kept] = known(embeddings, classes);
  result.photographs = std::ssize(kept);
  for_each_angle_strip(rows, weight, [&, &kept = kept](std::int64_t first, const Tensor& degrees) {
    const std::int64_t count = degrees.shape()[1];
    for (std::int64_t i = 0; i < degrees.shape()[0]; ++i) {
      const float* row = degrees.data<float>() + i * count;
      const float* own = row + kept[static_cast<std::size_t>(first + i)];
      result.own.add({own, 1});
      if (count < 2) continue;
      float other = 180;
      for (const float* at = row; at < row + count; ++at)
        if (at != own) other = std::min(other, *at);
      result.other.add({&other, 1});
      result.correct += *own < other;
      result.within_margin += static_cast<float>(margin) * *own < other;
    }
  });
  return result;
}

}  // namespace hypersphere
