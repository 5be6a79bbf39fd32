// What the files of `hypersphere bench` share.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/options.h"
#include "kernels/conv2d/conv2d.h"
#include "tensor/tensor.h"

namespace hypersphere {

struct BenchCommand {
  Machine machine;
  Compute compute;  ///< as chosen by `machine`
  int repeats = 5;
  std::int64_t batch = 32, classes = 3973;
  int depth = 20;
  std::string against;  ///< whose kernels to compare with: empty, cudnn or cublaslt
  std::filesystem::path json;
};

/// SphereFace-20's convolutions: input height, width and channels, output channels, stride, how often.
struct BenchLayer {
  std::int64_t height, width, in, out, stride;
  int count;
};
inline constexpr BenchLayer bench_layer_list[] = {
    {112, 96, 3, 64, 2, 1},   {56, 48, 64, 64, 1, 2},   {56, 48, 64, 128, 2, 1},  {28, 24, 128, 128, 1, 4},
    {28, 24, 128, 256, 2, 1}, {14, 12, 256, 256, 1, 8}, {14, 12, 256, 512, 2, 1}, {7, 6, 512, 512, 1, 2}};

/// m x k times k x n.
struct BenchProduct {
  std::int64_t m, n, k;
};
inline constexpr BenchProduct bench_product_list[] = {
    {512, 512, 512}, {1024, 1024, 1024}, {32, 512, 21504}, {32, 21504, 512}, {512, 21504, 32}};

/// Random values in [-1, 1) of the command's type, on its device: zeros would be a friendlier input than any
/// real one.
Tensor random_values(Shape shape, Compute compute);
/// Not initialised, of the command's type, on its device.
Tensor result_of(Shape shape, Compute compute);

/// A layer's tensors, drawn at random, and its three directions as work to time.
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

/// "  3 ->  64 112x96  stride 2 (x1)".
std::string describe(const BenchLayer& layer);

/// What every row says of where it was measured, added to `row`.
nlohmann::json row_of(const BenchCommand& command, nlohmann::json row);

/// Seconds of one call of work(), the mean over `calls` calls; waits for a device before and after.
double seconds_of(const BenchCommand& command, int calls, const std::function<void()>& work);
/// How many calls to time together: one on the cpu; on a GPU, which is behind the host's calls and fast, as
/// many as take some milliseconds. Runs work() a few times, which also warms caches and the allocator.
int calls_for(const BenchCommand& command, const std::function<void()>& work);
double median(std::vector<double> values);

/// `bench gemm --against` and `bench layers --against`: this program's kernels and another library's, in
/// turns.
nlohmann::json bench_gemm_against(const BenchCommand& command);
nlohmann::json bench_layers_against(const BenchCommand& command);

}  // namespace hypersphere
