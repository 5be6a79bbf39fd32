#include "support.h"

#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>

namespace hypersphere::test {

std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("HYPERSPHERE_TEST_SEED");
    const std::uint64_t value =
        given ? std::strtoull(given, nullptr, 10)
              : static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count() /
                                           1000 % 1000000);
    fmt::print("random inputs: HYPERSPHERE_TEST_SEED={}\n", value);
    return value;
  }();
  return seed;
}

namespace {
Random next_random() {
  static std::atomic<std::uint64_t> call{0};
  return Random(test_seed(), random_stream(RandomUse::test, call++));
}
}  // namespace

Tensor random_tensor(Shape shape, float scale) {
  Tensor tensor = Tensor::empty(shape);
  Random random = next_random();
  for (float& value : tensor.span<float>()) value = scale * random.normal();
  return tensor;
}

Tensor random_labels(std::int64_t count, std::int64_t classes) {
  Tensor labels = Tensor::empty({count}, DType::i32);
  Random random = next_random();
  for (auto& label : labels.span<std::int32_t>())
    label = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(classes)));
  return labels;
}

Tensor poisoned(Shape shape) {
  Tensor tensor = Tensor::empty(shape);
  std::memset(tensor.raw(), 0xFF, tensor.bytes());
  return tensor;
}

std::vector<double> to_double(const Tensor& tensor) {
  const Tensor host = tensor.to(Device::cpu);
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(host.size()));
  if (host.dtype() == DType::bf16)
    for (const Bf16 value : host.span<Bf16>()) values.push_back(static_cast<double>(to_float(value)));
  else
    for (const float value : host.span<float>()) values.push_back(static_cast<double>(value));
  return values;
}

Tensor from_double(const std::vector<double>& values, Shape shape) {
  return Tensor::from(std::vector<float>(values.begin(), values.end()), shape);
}

}  // namespace hypersphere::test
