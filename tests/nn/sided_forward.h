// A network's forward pass beside the same in double precision. Comparing gradients with a reference in
// double needs it: of the millions of values before the PReLUs, one or two lie so close to 0 that float32
// puts them on the other side, and there the gradient of a whole channel's pixel is another one, in both
// cases rightly.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nn/sphereface.h"

namespace hypersphere::test {

/// What network.forward(images) computes, made from the differentiable functions and the network's
/// parameters, but with every value before a PReLU on the side of 0 where double precision has it. Strides
/// and pads are the paper's.
class SidedNetwork {
 public:
  /// Runs the forward pass in both precisions, once, and notes the values that lie on different sides.
  SidedNetwork(SphereFace& network, const Tensor& images);

  /// The embeddings, f32 [N, embedding], recorded for a backward pass.
  Variable forward();

  /// Values that are moved to their side.
  std::int64_t moved() const;
  /// Of those, the largest |double value| / root mean square of its layer.
  double largest_move() const { return largest_move_; }

 private:
  // A map in both precisions; `exact` is empty after the constructor.
  struct Map {
    Variable single;
    std::vector<double> exact;
  };
  // One value before a PReLU, and the value that it gets.
  struct Move {
    std::size_t index;
    float value;
  };

  Variable run(bool exactly);
  Map layer(const Map& x, const std::string& conv, const std::string& prelu, std::int64_t stride);
  std::vector<Move> find_moves(const Map& map);

  std::map<std::string, Variable> parameters_;
  Tensor images_;
  std::map<std::string, std::vector<Move>> moves_;  // by the convolution's name
  double largest_move_ = 0;
};

}  // namespace hypersphere::test
