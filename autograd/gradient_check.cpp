#include "autograd/gradient_check.h"

#include <algorithm>
#include <cmath>

#include "tensor/random.h"

namespace hypersphere {
namespace {

// sum over i of r[i] y[i] and the rounding noise to expect in it, when each y[i] is off by a few units in its
// last place.
struct Projected {
  double value = 0, noise = 0;
};

Projected project(const Tensor& y, const Tensor& r) {
  Projected sum;
  const auto values = y.span<float>(), weights = r.span<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double term = static_cast<double>(values[i]) * static_cast<double>(weights[i]);
    sum.value += term;
    sum.noise += term * term;
  }
  sum.noise = 4 * 0x1p-24 * std::sqrt(sum.noise);
  return sum;
}

Variable projection(const Variable& y, const Tensor& r) {
  const Tensor value = Tensor::full({}, static_cast<float>(project(y.value(), r).value));
  return Variable::record("projection", value, {y}, [r](const Tensor& dsum) -> std::vector<Tensor> {
    Tensor dy = r.clone();
    for (float& entry : dy.span<float>()) entry *= dsum.span<float>()[0];
    return {dy};
  });
}

// Which entries of `size` to try: all, or a sorted sample.
std::vector<std::int64_t> choose_entries(std::int64_t size, std::int64_t wanted, Random& random) {
  std::vector<std::int64_t> chosen;
  if (size <= wanted) {
    for (std::int64_t i = 0; i < size; ++i) chosen.push_back(i);
    return chosen;
  }
  for (std::int64_t i = 0; i < wanted; ++i) chosen.push_back(random.below(static_cast<std::uint32_t>(size)));
  std::ranges::sort(chosen);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

// (f(at + h) - f(at - h)) / 2h with the distance that float32 really has, and the noise in it.
template <class Function>
Projected quotient(const Function& function, float& entry, double h) {
  const float at = entry;
  const float above = at + static_cast<float>(h), below = at - static_cast<float>(h);
  entry = above;
  const Projected high = function();
  entry = below;
  const Projected low = function();
  entry = at;
  const double distance = static_cast<double>(above) - static_cast<double>(below);
  return {(high.value - low.value) / distance, (high.noise + low.noise) / distance};
}

}  // namespace

GradientCheckResult check_gradients(const std::function<Variable(std::span<const Variable>)>& function,
                                    const std::vector<Tensor>& inputs, GradientCheckOptions options) {
  expect(options.step > 0 && options.tolerance > 0 && options.entries > 0,
         "check_gradients: expected a positive step, tolerance and number of entries, found {}, {}, {}",
         options.step, options.tolerance, options.entries);
  std::vector<Variable> variables;
  for (const Tensor& input : inputs) {
    expect(input.defined() && input.dtype() == DType::f32 && input.device() == Device::cpu,
           "check_gradients: expected inputs of f32 on the cpu, found {}", describe(input));
    variables.emplace_back(input.clone(), true);
  }

  Random random(options.seed, random_stream(RandomUse::test, 0));
  const Variable output = function(variables);
  Tensor r = Tensor::empty(output.value().shape());
  for (float& weight : r.span<float>()) weight = random.normal();
  projection(output, r).backward();

  const auto projected = [&] {
    const NoGradient guard;
    return project(function(variables).value(), r);
  };
  GradientCheckResult worst;
  for (std::size_t input = 0; input < variables.size(); ++input) {
    Tensor& values = variables[input].value();
    const Tensor& gradient = variables[input].gradient();
    if (!gradient.defined()) {
      worst = {.passed = false, .input = input, .message = fmt::format("input {} got no gradient", input)};
      return worst;
    }
    struct Entry {
      std::int64_t index;
      double backward;
      Projected difference;
    };
    std::vector<Entry> entries;
    double largest = 0;
    for (const std::int64_t index : choose_entries(values.size(), options.entries, random)) {
      float& value = values.span<float>()[static_cast<std::size_t>(index)];
      const double h = options.step * std::max(1.0, std::abs(static_cast<double>(value)));
      const Projected wide = quotient(projected, value, h), narrow = quotient(projected, value, h / 2);
      const Projected difference{(4 * narrow.value - wide.value) / 3, (4 * narrow.noise + wide.noise) / 3};
      entries.push_back({index, gradient.span<float>()[static_cast<std::size_t>(index)], difference});
      largest = std::max(largest, std::abs(difference.value));
    }
    for (const Entry& entry : entries) {
      const double allowed = options.tolerance * largest + entry.difference.noise;
      const double off = std::abs(entry.backward - entry.difference.value);
      // Where function and gradient are both exactly constant, there is nothing to divide by. NaN counts as
      // the worst there is.
      double ratio = off == 0 ? 0 : off / allowed;
      if (std::isnan(ratio)) ratio = HUGE_VAL;
      if (ratio <= worst.ratio) continue;
      worst = {.passed = ratio <= 1,
               .ratio = ratio,
               .input = input,
               .entry = entry.index,
               .backward = entry.backward,
               .difference = entry.difference.value,
               .allowed = allowed,
               .message = {}};
    }
  }
  worst.message = fmt::format(
      "worst of {} inputs: input {}, entry {}: backward() gives {:.6g}, the difference "
      "quotient {:.6g}, {:.3g} times the allowed distance of {:.3g}",
      inputs.size(), worst.input, worst.entry, worst.backward, worst.difference, worst.ratio, worst.allowed);
  return worst;
}

}  // namespace hypersphere
