#include "apps/report/ticks.h"

#include <algorithm>
#include <cmath>

#include "tensor/error.h"

namespace hypersphere {
namespace {

// Powers of ten from the table of the compiler where it matters: 10^-2 must be the double nearest to 0.01.
double power_of_ten(int exponent) {
  return exponent < 0 ? 1 / std::pow(10.0, -exponent) : std::pow(10.0, exponent);
}

double round_step(double at_least) {
  const int exponent = static_cast<int>(std::floor(std::log10(at_least)));
  for (const int digit : {1, 2, 5})
    if (digit * power_of_ten(exponent) >= at_least * (1 - 1e-9)) return digit * power_of_ten(exponent);
  return power_of_ten(exponent + 1);
}

// "2e-5": fmt's own exponents have two digits and a sign, which is too wide below an axis.
std::string scientific(double value) {
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
  return fmt::format("{:.3g}e{}", value / power_of_ten(exponent), exponent);
}

}  // namespace

std::vector<double> linear_ticks(double low, double high, int wanted) {
  expect(low < high && wanted > 0, "ticks: no marks for [{}, {}], {} wanted", low, high, wanted);
  const double step = round_step((high - low) / wanted);
  const double slack = 1e-9 * (high - low);  // a mark that misses the end by rounding is still wanted
  std::vector<double> ticks;
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k) ticks.push_back(k * step);
  return ticks;
}

std::vector<double> log_ticks(double low, double high, int wanted) {
  expect(0 < low && low < high && wanted > 0, "ticks: no logarithmic marks for [{}, {}], {} wanted", low,
         high, wanted);
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  const int decades = last - first + 1;
  std::vector<double> ticks;
  if (decades >= 3) {
    const int stride = (decades + wanted - 1) / wanted;
    for (int exponent = first; exponent <= last; ++exponent)
      if (exponent % stride == 0) ticks.push_back(power_of_ten(exponent));
    return ticks;
  }
  for (int exponent = first - 1; exponent <= last; ++exponent)
    for (const int digit : {1, 2, 5})
      if (const double tick = digit * power_of_ten(exponent);
          tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
        ticks.push_back(tick);
  return ticks.size() >= 2 ? ticks : linear_ticks(low, high, wanted);
}

std::string tick_label(double value, double step) {
  if (step > 0 && std::abs(value) < 1e-6 * step) return "0";
  if (step >= 1e9 || (step > 0 && step < 1e-4)) return scientific(value);
  if (step >= 1e6) return fmt::format("{:g}M", value / 1e6);
  if (step >= 1e3) return fmt::format("{:g}k", value / 1e3);
  if (step > 0) {
    const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
    return fmt::format("{:.{}f}", value, decimals);
  }
  const double size = std::abs(value);
  if (size == 0 || (size >= 1e-3 * (1 - 1e-9) && size < 1e4)) return fmt::format("{:g}", value);
  return scientific(value);
}

}  // namespace hypersphere
