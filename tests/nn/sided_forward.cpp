#include "tests/nn/sided_forward.h"

#include <algorithm>
#include <cmath>

#include "autograd/functions.h"
#include "kernels/cpu/parallel.h"

namespace hypersphere::test {
namespace {

// 3x3 convolution with pad 1, naive and in double: kernels/conv2d's formula.
std::vector<double> exact_conv(const std::vector<double>& x, const Shape& shape, const Tensor& w,
                               const Tensor& bias, std::int64_t stride, const Shape& out_shape) {
  const std::int64_t height = shape[1], width = shape[2], in = shape[3];
  const std::int64_t out_height = out_shape[1], out_width = out_shape[2], out = out_shape[3];
  std::vector<double> y(static_cast<std::size_t>(out_shape.size()));
  cpu::parallel_for(out_shape[0] * out_height, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t n = row / out_height, oy = row % out_height;
      for (std::int64_t ox = 0; ox < out_width; ++ox)
        for (std::int64_t o = 0; o < out; ++o) {
          double sum = bias.defined() ? static_cast<double>(bias.data<float>()[o]) : 0;
          for (std::int64_t ky = 0; ky < 3; ++ky)
            for (std::int64_t kx = 0; kx < 3; ++kx) {
              const std::int64_t iy = oy * stride + ky - 1, ix = ox * stride + kx - 1;
              if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
              const double* pixel = x.data() + ((n * height + iy) * width + ix) * in;
              const float* weight = w.data<float>() + ((o * 3 + ky) * 3 + kx) * in;
#pragma omp simd reduction(+ : sum)
              for (std::int64_t i = 0; i < in; ++i) sum += pixel[i] * static_cast<double>(weight[i]);
            }
          y[static_cast<std::size_t>((row * out_width + ox) * out + o)] = sum;
        }
    }
  });
  return y;
}

}  // namespace

SidedNetwork::SidedNetwork(SphereFace& network, const Tensor& images) : images_(images) {
  for (const NamedParameter& named : network.parameters())
    parameters_[named.name] = named.parameter->variable;
  const NoGradient guard;
  run(true);
}

Variable SidedNetwork::forward() { return run(false); }

std::int64_t SidedNetwork::moved() const {
  std::size_t count = 0;
  for (const auto& [name, moves] : moves_) count += moves.size();
  return static_cast<std::int64_t>(count);
}

Variable SidedNetwork::run(bool exactly) {
  Map map{Variable(images_), {}};
  if (exactly) map.exact.assign(images_.span<float>().begin(), images_.span<float>().end());
  for (int stage = 1; stage <= 4; ++stage) {
    const std::string name = "stage" + std::to_string(stage);
    map = layer(map, name + ".conv", name + ".prelu", 2);
    for (int i = 0; parameters_.contains(fmt::format("{}.unit{}.conv1.weight", name, i)); ++i) {
      const std::string unit = fmt::format("{}.unit{}", name, i);
      Map inner = layer(map, unit + ".conv1", unit + ".prelu1", 1);
      inner = layer(inner, unit + ".conv2", unit + ".prelu2", 1);
      map.single = add(map.single, inner.single);
      for (std::size_t k = 0; k < map.exact.size(); ++k) map.exact[k] += inner.exact[k];
    }
  }
  return linear(map.single, parameters_.at("fc5.weight"), parameters_.at("fc5.bias"));
}

SidedNetwork::Map SidedNetwork::layer(const Map& x, const std::string& conv, const std::string& prelu_name,
                                      std::int64_t stride) {
  const Variable& weight = parameters_.at(conv + ".weight");
  const Variable& slope = parameters_.at(prelu_name + ".slope");
  const auto bias = parameters_.find(conv + ".bias");
  const Variable bias_or_none = bias == parameters_.end() ? Variable() : bias->second;

  Map y;
  y.single = conv2d(x.single, weight, bias_or_none, {.stride = stride, .pad = 1});
  if (!x.exact.empty()) {
    y.exact = exact_conv(x.exact, x.single.value().shape(), weight.value(),
                         bias_or_none.defined() ? bias_or_none.value() : Tensor(), stride,
                         y.single.value().shape());
    moves_[conv] = find_moves(y);
    const auto slopes = slope.value().span<float>();
    for (std::size_t i = 0; i < y.exact.size(); ++i)
      if (y.exact[i] <= 0) y.exact[i] *= static_cast<double>(slopes[i % slopes.size()]);
  }
  for (const Move& move : moves_.at(conv)) y.single.value().span<float>()[move.index] = move.value;
  y.single = prelu(y.single, slope);
  return y;
}

std::vector<SidedNetwork::Move> SidedNetwork::find_moves(const Map& map) {
  double squares = 0;
  for (const double value : map.exact) squares += value * value;
  const double typical = std::sqrt(squares / static_cast<double>(map.exact.size()));
  const auto values = map.single.value().span<float>();
  std::vector<Move> moves;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if ((values[i] > 0) == (map.exact[i] > 0)) continue;
    moves.push_back({i, static_cast<float>(map.exact[i])});
    largest_move_ = std::max(largest_move_, std::abs(map.exact[i]) / typical);
  }
  return moves;
}

}  // namespace hypersphere::test
