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

  bool operator==(const SphereFaceOptions&) const = default;
};

/// Residual units of each stage (table 2). Throws Error for a depth that the paper does not have.
std::array<int, 4> residual_units(int depth);

/// Number of weights and of multiply-adds of one image's forward pass (convolutions and fc5), known before a
/// network is built. Throws Error for options that SphereFace refuses.
struct SphereFaceSize {
  std::int64_t parameters = 0, multiply_adds = 0;
};
SphereFaceSize sphereface_size(const SphereFaceOptions& options);

/// Four stages, each a stride-2 convolution with PReLU and then residual units, and fc5. Parameter names:
/// "stage1.conv.weight", "stage1.conv.bias", "stage1.prelu.slope", "stage1.unit0.conv1.weight",
/// "stage1.unit0.prelu1.slope", "stage1.unit0.conv2.weight", ..., "fc5.weight", "fc5.bias". fc5 reads the
/// last map flattened in its own order, [H, W, C].
class SphereFace : public Module {
 public:
  /// Throws Error for a depth that the paper does not have, an input smaller than 16 x 16 or larger than
  /// 4096 x 4096, or a width or an embedding outside of 1..65536.
  explicit SphereFace(SphereFaceOptions options);
  ~SphereFace() override;

  /// Draws the initial weights: Xavier for the stride-2 convolutions and fc5, Gaussian of 0.01 inside the
  /// residual units, slopes 0.25, biases 0. The same seed gives the same weights. Throws Error unless the
  /// network is on the cpu.
  void initialise(std::uint64_t seed);

  /// images: [N, height, width, 3], (value - 127.5) / 128; f32, or bf16 on cuda: the convolutions compute in that
  /// type. Result: the embedding, f32 [N, embedding]. Throws Error for another shape.
  Variable forward(const Variable& images) const;

  const SphereFaceOptions& options() const { return options_; }
  /// Multiply-adds of one image's forward pass in convolutions and fc5.
  std::int64_t multiply_adds() const { return sphereface_size(options_).multiply_adds; }

 private:
  struct Stage;  // stride-2 convolution, PReLU, residual units
  SphereFaceOptions options_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::unique_ptr<Linear> fc5_;
};

}  // namespace hypersphere
