#include "nn/sphereface.h"

#include <algorithm>
#include <utility>

#include "nn/initialise.h"

namespace hypersphere {
namespace {

constexpr std::int64_t colours = 3;

// Extent of the map behind one more 3x3 convolution of stride 2 and pad 1.
constexpr std::int64_t halved(std::int64_t extent) { return (extent + 1) / 2; }

// The upper limits keep every product of sizes far below 2^63, also for options read from a damaged file.
void check(const SphereFaceOptions& options) {
  residual_units(options.depth);
  constexpr std::int64_t smallest = 16, largest = 4096, widest = 65536;
  expect(std::min(options.height, options.width) >= smallest &&
             std::max(options.height, options.width) <= largest,
         "sphereface: expected an input between {0} x {0} and {1} x {1}, found {2} x {3} (height x width)",
         smallest, largest, options.height, options.width);
  for (const std::int64_t width : options.widths)
    expect(width >= 1 && width <= widest, "sphereface: expected stages of 1 to {} channels, found {}", widest,
           width);
  expect(options.embedding >= 1 && options.embedding <= widest,
         "sphereface: expected an embedding of 1 to {} values, found {}", widest, options.embedding);
}

std::int64_t flat_size(const SphereFaceOptions& options) {
  std::int64_t height = options.height, width = options.width;
  for (int stage = 0; stage < 4; ++stage) height = halved(height), width = halved(width);
  return height * width * options.widths.back();
}

}  // namespace

std::array<int, 4> residual_units(int depth) {
  switch (depth) {
    case 4:
      return {0, 0, 0, 0};
    case 10:
      return {0, 1, 2, 0};
    case 20:
      return {1, 2, 4, 1};
    case 36:
      return {2, 4, 8, 2};
    case 64:
      return {3, 8, 16, 3};
    default:
      fail("sphereface: expected a depth of 4, 10, 20, 36 or 64, found {}", depth);
  }
}

SphereFaceSize sphereface_size(const SphereFaceOptions& options) {
  check(options);
  SphereFaceSize size;
  std::int64_t height = options.height, width = options.width, in = colours;
  for (std::size_t stage = 0; stage < options.widths.size(); ++stage) {
    const std::int64_t out = options.widths[stage], convolutions = 2 * residual_units(options.depth)[stage];
    height = halved(height);
    width = halved(width);
    const std::int64_t weights = 9 * in * out + convolutions * 9 * out * out;
    size.multiply_adds += height * width * weights;
    size.parameters += weights + out + (1 + convolutions) * out;  // a bias, and a slope a convolution
    in = out;
  }
  const std::int64_t fc5 = flat_size(options) * options.embedding;
  size.multiply_adds += fc5;
  size.parameters += fc5 + options.embedding;
  return size;
}

struct SphereFace::Stage : Module {
  Stage(std::int64_t in, std::int64_t out, int unit_count)
      : conv(in, out, 3, {.stride = 2, .pad = 1}, true), prelu(out) {
    add_module("conv", conv);
    add_module("prelu", prelu);
    for (int i = 0; i < unit_count; ++i) {
      units.push_back(std::make_unique<ResidualUnit>(out));
      add_module("unit" + std::to_string(i), *units.back());
    }
  }

  Variable forward(const Variable& x) const {
    Variable y = conv.forward(x, prelu);
    for (const auto& unit : units) y = unit->forward(std::move(y));
    return y;
  }

  Conv2d conv;
  PRelu prelu;
  std::vector<std::unique_ptr<ResidualUnit>> units;
};

SphereFace::SphereFace(SphereFaceOptions options) : options_(options) {
  check(options);
  std::int64_t in = colours;
  for (std::size_t stage = 0; stage < options.widths.size(); ++stage) {
    stages_.push_back(
        std::make_unique<Stage>(in, options.widths[stage], residual_units(options.depth)[stage]));
    add_module("stage" + std::to_string(stage + 1), *stages_.back());
    in = options.widths[stage];
  }
  fc5_ = std::make_unique<Linear>(flat_size(options), options.embedding);
  add_module("fc5", *fc5_);
}

SphereFace::~SphereFace() = default;

void SphereFace::initialise(std::uint64_t seed) {
  // Residual units start small: 64 layers of Xavier diverged for users of the authors' code (facts of
  // initialisation: the authors' prototxt).
  constexpr float residual_sigma = 0.01f, slope = 0.25f;
  const std::vector<NamedParameter> all = parameters();
  for (std::size_t index = 0; index < all.size(); ++index) {
    const std::string& name = all[index].name;
    Tensor& value = all[index].parameter->variable.value();
    const Random random(seed, random_stream(RandomUse::initialise, index));
    if (name.ends_with(".bias"))
      value.set_zero();
    else if (name.ends_with(".slope"))
      std::ranges::fill(value.span<float>(), slope);
    else if (name.find(".unit") != std::string::npos)
      initialise_gaussian(value, residual_sigma, random);
    else
      initialise_xavier(value, random);
  }
}

Variable SphereFace::forward(const Variable& images) const {
  const Shape& shape = images.value().shape();
  expect(shape.rank() == 4 && shape == Shape{shape[0], options_.height, options_.width, colours},
         "sphereface: expected images of [N, {}, {}, {}], found {}", options_.height, options_.width, colours,
         describe(images.value()));
  Variable map = images;
  for (const auto& stage : stages_) map = stage->forward(map);
  return fc5_->forward(map);
}

}  // namespace hypersphere
