// oneDNN's kernels on the cpu, to compare with. Only in builds that found oneDNN 2.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/bench/work.h"
#include "kernels/conv2d/algorithm_cpu.h"
#include "tensor/tensor.h"

namespace hypersphere::onednn {

#ifdef HYPERSPHERE_ONEDNN
inline constexpr bool in_this_build = true;
#else
inline constexpr bool in_this_build = false;
#endif

/// Throws Error that says how to get it, unless in_this_build.
inline void expect_in_this_build() {
  expect(in_this_build,
         "--against onednn: this build has no oneDNN; install libdnnl-dev (version 2) and configure again");
}

/// One of its primitives with arguments and result, in the layouts that it chose. It computes with cpu::thread_count()
/// threads, by OpenMP as this program does.
class Primitive {
 public:
  struct State;
  Primitive(std::string name, std::unique_ptr<State> state);
  ~Primitive();
  Primitive(const Primitive&) = delete;
  Primitive& operator=(const Primitive&) = delete;

  /// Its algorithm and oneDNN's name of the code, "direct jit:avx2" for instance.
  const std::string& name() const { return name_; }
  /// Computes; waits for the end.
  void run();
  /// Writes the result of run() to `result` in this program's layout.
  void copy_result(Tensor& result);

 private:
  std::string name_;
  std::unique_ptr<State> state_;
};

/// A direction of the layer, with its tensors' values, by every algorithm of oneDNN that this machine has: direct, and
/// Winograd where that can be had (stride 1, AVX-512). Layouts are left to oneDNN, and reordering from this program's is
/// done here and not in run().
std::vector<std::unique_ptr<Primitive>> convolutions(const LayerWork& layer, cpu::ConvDirection direction);

/// a b. a: f32 [m, k], b: f32 [k, n].
std::unique_ptr<Primitive> product(const Tensor& a, const Tensor& b);

}  // namespace hypersphere::onednn
