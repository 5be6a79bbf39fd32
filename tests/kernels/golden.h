// The recorded references in tests/golden: PyTorch in float64, layout NCHW / OIHW.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support.h"

namespace hypersphere::test {

inline nlohmann::json golden(const std::string& name) {
  const std::string path = std::string(HYPERSPHERE_GOLDEN_DIR) + "/" + name;
  std::ifstream file(path);
  expect(file.good(), "golden: cannot read {}", path);
  return nlohmann::json::parse(file);
}

/// `values` in our layout: the channels, the second of four axes there, come last; a vector or a matrix
/// stays as it is. `shape` is the recorded one.
inline std::vector<double> channels_last(const std::vector<double>& values,
                                         const std::vector<std::int64_t>& shape) {
  if (shape.size() != 4) return values;
  std::vector<double> result(values.size());
  for (std::int64_t n = 0, from = 0; n < shape[0]; ++n)
    for (std::int64_t c = 0; c < shape[1]; ++c)
      for (std::int64_t y = 0; y < shape[2]; ++y)
        for (std::int64_t x = 0; x < shape[3]; ++x, ++from)
          result[static_cast<std::size_t>(((n * shape[2] + y) * shape[3] + x) * shape[1] + c)] =
              values[static_cast<std::size_t>(from)];
  return result;
}

/// `shape` with the channels last.
inline Shape channels_last(const std::vector<std::int64_t>& shape) {
  return shape.size() == 4 ? Shape{shape[0], shape[2], shape[3], shape[1]}
                           : Shape::of(shape.data(), static_cast<int>(shape.size()));
}

}  // namespace hypersphere::test
