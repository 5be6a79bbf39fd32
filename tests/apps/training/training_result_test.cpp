#include "apps/training/training_result.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace hypersphere {
namespace {

TEST_CASE("final_loss: the mean of the last hundred training rows") {
  std::vector<nlohmann::json> rows;
  CHECK(std::isnan(final_loss(rows)));
  rows.push_back({{"kind", "validation"}, {"loss", 99}});
  CHECK(std::isnan(final_loss(rows)));
  rows.push_back({{"kind", "train"}, {"loss", 5.0}});
  rows.push_back({{"kind", "train"}, {"loss", 2.0}});
  rows.push_back({{"kind", "validation"}, {"loss", 99}});
  CHECK(final_loss(rows) == 3.5);
  for (int i = 0; i < 99; ++i) rows.push_back({{"kind", "train"}, {"loss", 1.0}});
  CHECK(final_loss(rows) == (2.0 + 99.0) / 100);
}

}  // namespace
}  // namespace hypersphere
