// A check for whoever writes a differentiable function: does its backward pass agree with what the function
// does when its inputs are moved?
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/variable.h"

namespace hypersphere {

struct GradientCheckOptions {
  /// Half the distance of the difference quotient, times max(1, |value|). It is large because float32 is
  /// coarse: the quotient's noise falls with it, and the error of the step is of fourth order only.
  double step = 0.02;
  /// Allowed difference, as a share of the largest derivative of the same input.
  double tolerance = 2e-3;
  /// Entries tried of each input; more than that are sampled.
  std::int64_t entries = 200;
  std::uint64_t seed = 1;  ///< of the projection and the sample
};

/// The entry that fits worst.
struct GradientCheckResult {
  bool passed = true;
  double ratio = -1;  ///< |backward - difference| / allowed; passed when no entry's exceeds 1
  std::size_t input = 0;
  std::int64_t entry = 0;  ///< flat index
  double backward = 0, difference = 0, allowed = 0;
  std::string message;  ///< all of it in one line
};

/// Compares backward() with central differences for every input of `function`, which must compute the same
/// output for the same inputs. The output y, of any shape, is projected on a fixed random vector r, so that
/// one backward pass gives the derivative of sum r y; the differences of that sum are taken in double at two
/// distances and extrapolated (Richardson). Values must keep away from kinks by more than the step. `inputs`:
/// f32 on the CPU; they are not changed. A gradient that is missing or not finite fails. Throws Error for an
/// unfit argument.
GradientCheckResult check_gradients(const std::function<Variable(std::span<const Variable>)>& function,
                                    const std::vector<Tensor>& inputs, GradientCheckOptions options = {});

}  // namespace hypersphere
