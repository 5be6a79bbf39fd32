// Batches on their way from the host to the device while the device computes. One implementation is linked, as for
// runtime.h.
#pragma once

#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere::cuda {

/// Copies host tensors into fixed device tensors, through pinned memory and on a stream of its own, so that neither the
/// host nor the compute stream waits for the bus. To be used from one thread.
class Uploader {
 public:
  /// How many batches may have been sent and not yet received.
  static constexpr int slots = 2;

  /// `targets`: tensors on cuda that receive() writes to. Throws Error for others, and where unavailable().
  explicit Uploader(std::vector<Tensor> targets);
  ~Uploader();
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

  /// Starts copying `values`, one on the cpu for each target and like it in shape and dtype. They may be changed on
  /// return. Throws Error for unfit tensors and where `slots` batches wait already.
  void send(const std::vector<Tensor>& values);
  /// Work asked for from now on finds the batch that was sent first in the targets; work asked for before still finds
  /// the one before it. Does not wait. Throws Error where none was sent.
  void receive();
  /// Batches sent and not yet received.
  int waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hypersphere::cuda
