#include "apps/exchange/foreign_weights.h"

#include <charconv>
#include <string_view>

#include "nn/safetensors.h"

namespace hypersphere {
namespace {

constexpr std::int64_t window = 3 * 3;

// values [outer, a, b] as [outer, b, a].
Tensor exchange_last(const Tensor& values, std::int64_t a, std::int64_t b, Shape shape) {
  Tensor result = Tensor::empty(shape);
  const auto from = values.span<float>();
  const auto to = result.span<float>();
  const std::size_t rows = static_cast<std::size_t>(a), columns = static_cast<std::size_t>(b);
  for (std::size_t start = 0; start < from.size(); start += rows * columns)
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t j = 0; j < columns; ++j) to[start + j * rows + i] = from[start + i * columns + j];
  return result;
}

int number_at(std::string_view text, std::size_t position) {
  int number = 0;
  std::from_chars(text.data() + position, text.data() + text.size(), number);
  return number;
}

// "stage3.unit0.conv2.weight" is conv3_3.weight: the third convolution of its stage, the first being the one of stride 2.
std::string foreign_name(std::string_view own) {
  constexpr std::string_view stage = "stage", unit = ".unit", conv = ".conv", prelu = ".prelu";
  if (!own.starts_with(stage)) return std::string(own);  // fc5
  int index = 1;
  const std::size_t layer = own.rfind(own.find(prelu) == own.npos ? conv : prelu);
  if (const std::size_t found = own.find(unit); found != own.npos)
    index += 2 * number_at(own, found + unit.size()) +
             number_at(own, layer + own.substr(layer).find_first_of("12"));
  const bool slope = own.substr(layer).starts_with(prelu);
  return fmt::format("{}{}_{}.{}", slope ? "relu" : "conv", number_at(own, stage.size()), index,
                     own.ends_with(".bias") ? "bias" : "weight");
}

}  // namespace

std::vector<ForeignWeight> foreign_weights(Model& model) {
  std::vector<ForeignWeight> weights;
  for (const NamedParameter& named : model.network->parameters()) {
    const Shape& own = named.parameter->variable.value().shape();
    ForeignWeight weight{.name = foreign_name(named.name), .shape = own, .parameter = named.parameter};
    if (own.rank() == 4) {
      weight.places = window;
      weight.channels = own[3];
      weight.shape = {own[0], own[3], own[1], own[2]};
    } else if (named.name == "fc5.weight") {
      weight.channels = model.network->options().widths.back();
      weight.places = own[1] / weight.channels;
    }
    weights.push_back(weight);
  }
  if (model.head)
    for (const NamedParameter& named : model.head->parameters())
      weights.push_back({.name = "fc6." + named.name,
                         .shape = named.parameter->variable.value().shape(),
                         .parameter = named.parameter});
  return weights;
}

Tensor to_foreign(const ForeignWeight& weight) {
  return exchange_last(weight.parameter->variable.value().to(Device::cpu), weight.places, weight.channels,
                       weight.shape);
}

void from_foreign(const ForeignWeight& weight, const Tensor& values) {
  expect(values.dtype() == DType::f32 && values.shape() == weight.shape,
         "tensor '{}': expected {} {}, found {} {}", weight.name, to_string(DType::f32),
         to_string(weight.shape), to_string(values.dtype()), to_string(values.shape()));
  expect_finite(weight.name, values);
  Tensor& own = weight.parameter->variable.value();
  own = exchange_last(values, weight.channels, weight.places, own.shape()).to(own.device());
}

}  // namespace hypersphere
