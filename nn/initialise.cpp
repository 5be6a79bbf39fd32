#include "nn/initialise.h"

#include <cmath>

namespace hypersphere {

void initialise_xavier(Tensor& weight, Random random) {
  const std::int64_t fan_in = weight.size() / weight.shape()[0];
  const float bound = std::sqrt(3.0f / static_cast<float>(fan_in));
  for (float& value : weight.span<float>()) value = random.uniform(-bound, bound);
}

void initialise_gaussian(Tensor& weight, float sigma, Random random) {
  for (float& value : weight.span<float>()) value = sigma * random.normal();
}

}  // namespace hypersphere
