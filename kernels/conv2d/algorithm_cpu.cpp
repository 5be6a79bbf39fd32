#include "kernels/conv2d/algorithm_cpu.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "kernels/conv2d/im2col_cpu.h"
#include "kernels/conv2d/winograd_cpu.h"

namespace hypersphere::cpu {
namespace {
std::atomic<bool> winograd_allowed = true;
std::atomic<std::int64_t> images_to_choose_for = 0;
}  // namespace

std::string ConvChoice::name() const {
  switch (algorithm) {
    case ConvAlgorithm::direct:
      return "direct";
    case ConvAlgorithm::columns:
      return "columns";
    case ConvAlgorithm::winograd:
      return fmt::format("winograd {}x{}", tile.y, tile.x);
  }
  return "unknown";
}

ConvChoice conv2d_choice(ConvDirection direction, const Shape& x, const Shape& w, Conv2dOptions options) {
  if (winograd_allowed && winograd_applies(x, w, options)) {
    const Shape y = conv2d_output_shape(x, w, options);
    const std::int64_t together = images_to_choose_for, images = together > 0 ? together : x[0];
    const WinogradWork work = direction == ConvDirection::backward_data
                                  ? WinogradWork{images, x[1], x[2], w[0], w[3]}
                                  : WinogradWork{images, y[1], y[2], w[3], w[0]};
    const WinogradTile tile = cheapest_tile(work);
    if (winograd_cost(tile, work) < direct_cost(work)) return {ConvAlgorithm::winograd, tile};
  }
  const bool columns = few_channels(w[3]) && w[1] * w[2] > 1 && direction != ConvDirection::backward_data;
  return {columns ? ConvAlgorithm::columns : ConvAlgorithm::direct};
}

ChooseForImages::ChooseForImages(std::int64_t images) : before_(images_to_choose_for.exchange(images)) {}
ChooseForImages::~ChooseForImages() { images_to_choose_for = before_; }

WithoutWinograd::WithoutWinograd() : before_(winograd_allowed.exchange(false)) {}
WithoutWinograd::~WithoutWinograd() { winograd_allowed = before_; }

}  // namespace hypersphere::cpu
