// What the benches compute: SphereFace-20's shapes, tensors drawn at random, and photographs that are noise.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/evaluation/compute.h"
#include "kernels/conv2d/conv2d.h"
#include "tensor/tensor.h"

namespace hypersphere {

/// SphereFace-20's convolutions: input height, width and channels, output channels, stride, how often. All of them are
/// 3 x 3 with a pad of 1.
struct BenchLayer {
  std::int64_t height, width, in, out, stride;
  int count;
  /// Whether a training step needs the gradient with respect to the input: nobody needs that of the photographs.
  bool data_gradient_wanted() const { return in != 3; }
};
inline constexpr BenchLayer bench_layer_list[] = {
    {112, 96, 3, 64, 2, 1},   {56, 48, 64, 64, 1, 2},   {56, 48, 64, 128, 2, 1},  {28, 24, 128, 128, 1, 4},
    {28, 24, 128, 256, 2, 1}, {14, 12, 256, 256, 1, 8}, {14, 12, 256, 512, 2, 1}, {7, 6, 512, 512, 1, 2}};
/// "  3 ->  64 112x96  stride 2 (x1)".
std::string describe(const BenchLayer& layer);
nlohmann::json row_of(const BenchLayer& layer, std::int64_t batch);

/// m x k times k x n.
struct BenchProduct {
  std::int64_t m, n, k;
  double flops() const { return 2.0 * static_cast<double>(m * n * k); }
};
inline constexpr BenchProduct bench_product_list[] = {
    {512, 512, 512}, {1024, 1024, 1024}, {32, 512, 21504}, {32, 21504, 512}, {512, 21504, 32}};

/// Random values in [-1, 1) of the type and on the device to compute with: zeros would be a friendlier input than any
/// real one.
Tensor random_values(Shape shape, Compute compute);
/// Not initialised.
Tensor result_of(Shape shape, Compute compute);
/// Photographs of noise, u8 [photographs, 112, 96, 3] on the cpu.
Tensor random_pixels(std::int64_t photographs);

/// A layer's tensors, drawn at random, and its three directions as work to time, in the order of cpu::ConvDirection.
struct LayerWork {
  LayerWork(const BenchLayer& layer, std::int64_t batch, Compute compute);
  LayerWork(const LayerWork&) = delete;  // the directions refer to the tensors
  LayerWork& operator=(const LayerWork&) = delete;

  Conv2dOptions options;
  Tensor x, w, y, dy, dx, dw;
  double flops;  ///< of one direction, counted as direct convolution
  std::function<void()> directions[3];
  static constexpr const char* direction_names[3] = {"forward", "backward data", "backward weight"};
};

}  // namespace hypersphere
