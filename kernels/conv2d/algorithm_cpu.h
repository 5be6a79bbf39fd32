// Which algorithm a convolution gets on the CPU.
#pragma once

#include <string>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/winograd_tile.h"

namespace hypersphere::cpu {

enum class ConvDirection { forward, backward_data, backward_weight };

enum class ConvAlgorithm {
  direct,    ///< implicit GEMM: conv2d_cpu.cpp, conv2d_weight_cpu.cpp
  columns,   ///< implicit GEMM over whole lines of the window, for few input channels: im2col_cpu.h
  winograd,  ///< winograd_cpu.h
};

struct ConvChoice {
  ConvAlgorithm algorithm;
  WinogradTile tile{};  ///< of Winograd's

  bool winograd() const { return algorithm == ConvAlgorithm::winograd; }
  /// "direct", "columns", or "winograd 6x6" with the tile's height and width.
  std::string name() const;
};

/// The algorithm that conv2d.h's functions use for these shapes: Winograd where it applies and costs less than the direct
/// convolution by winograd_tile.h, with the tile that costs least. It does not depend on the number of threads.
ConvChoice conv2d_choice(ConvDirection direction, const Shape& x, const Shape& w, Conv2dOptions options);

/// While one is alive, algorithms are chosen as for so many images, whatever a convolution has: for the part of a batch that this
/// process computes of one that several share, so that all of them round as one process alone would. 0: as for its own. Not to be
/// created while a convolution runs.
class ChooseForImages {
 public:
  explicit ChooseForImages(std::int64_t images);
  ~ChooseForImages();
  ChooseForImages(const ChooseForImages&) = delete;
  ChooseForImages& operator=(const ChooseForImages&) = delete;

 private:
  std::int64_t before_;
};

/// While one is alive, no convolution of the process uses Winograd: to compare with. Not to be created while a
/// convolution runs.
class WithoutWinograd {
 public:
  WithoutWinograd();
  ~WithoutWinograd();
  WithoutWinograd(const WithoutWinograd&) = delete;
  WithoutWinograd& operator=(const WithoutWinograd&) = delete;

 private:
  bool before_;
};

}  // namespace hypersphere::cpu
