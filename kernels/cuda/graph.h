// Work that is recorded once and done again with one call: the launches of a training step cost the host more time than
// small batches cost the device. One implementation is linked, as for runtime.h.
#pragma once

#include <functional>
#include <memory>

namespace hypersphere::cuda {

/// A CUDA graph with the memory that its kernels work in (tensor/allocator.h, Reservation).
class Graph {
 public:
  /// Throws Error where unavailable().
  Graph();
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// Runs `work`, which allocates and computes on the device as ever, but records what it asks of the device instead of
  /// doing it. Arguments are recorded as they are now. Replaces what was recorded before, at little cost where only
  /// arguments differ. Tensors that `work` uses and did not make must stay where they are as long as replay() is
  /// called. `work` must not wait for the device or copy from or to the host: Error then. What `work` throws is thrown
  /// on, and nothing is recorded.
  void capture(const std::function<void()>& work);
  /// Does what was recorded, in the order of the compute stream. Throws Error where nothing was.
  void replay();
  /// Whether there is something to replay().
  bool captured() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hypersphere::cuda
