// The SphereFace networks (Liu et al., arXiv 1704.08063, table 2; widths and strides as in the authors'
// code).
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "nn/layers.h"

namespace hypersphere {

/// What a network is, apart from its weights.
struct SphereFaceOptions {
  int depth = 20;                                            ///< 4, 10, 20, 36 or 64
  std::array<std::int64_t, 4> widths = {64, 128, 256, 512};  ///< channels of the four stages
  std::int64_t height = 112, width = 96;                     ///< of the input
  std::int64_t embedding = 512;                              ///< length of fc5's output
};

/// Four stages, each a stride-2 convolution with PReLU and then residual units, and fc5. Parameter names:
/// "stage1.conv.weight", "stage1.prelu.slope", "stage1.unit0.conv1.weight", ..., "fc5.weight".
class SphereFace : public Module {
 public:
  /// Throws Error for a depth that the paper does not have or an input smaller than 16 x 16.
  explicit SphereFace(SphereFaceOptions options);

  /// Draws the initial weights: Xavier for the stride-2 convolutions and fc5, Gaussian of 0.01 inside the
  /// residual units, slopes 0.25, biases 0. The same seed gives the same weights.
  void initialise(std::uint64_t seed);

  /// images: f32 [N, height, width, 3], (value - 127.5) / 128. Result: the embedding, f32 [N, embedding].
  Variable forward(const Variable& images) const;

  const SphereFaceOptions& options() const { return options_; }
  /// Multiply-adds of one image's forward pass in convolutions and fc5.
  std::int64_t multiply_adds() const;

 private:
  struct Stage;  // stride-2 convolution, PReLU, residual units
  SphereFaceOptions options_;
  std::vector<std::unique_ptr<Module>> stages_;
  std::unique_ptr<Linear> fc5_;
};

}  // namespace hypersphere
