// Processes that work on one model together. Each has a rank; they exchange tensors in collective operations, which all of them call
// in the same order. MPI starts the processes and moves tensors on the CPU, NCCL moves those on GPUs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace hypersphere {

/// A sum that is under way while its caller computes.
class PendingSum {
 public:
  virtual ~PendingSum() = default;
  /// Lets the sum get on, where nobody else does so meanwhile (MPI moves data when it is called).
  virtual void nudge() = 0;
  /// Returns when the sum stands in the tensor (on cuda: for whatever the compute stream does next).
  virtual void wait() = 0;
};

/// Every operation throws Error that names it for unfit tensors; where another process is gone, MPI ends this one too.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// "none", "MPI" or "NCCL", for people.
  virtual std::string engine() const = 0;
  /// How long this process has spent in calls of its operations so far, where those wait for the others (on the cpu).
  double seconds() const { return seconds_; }

  /// Element-wise over all ranks, in place; f32 or i32. The order of the additions depends on the number of ranks and the size
  /// alone, so that the same number of ranks gives the same bits.
  virtual void sum(Tensor& values) = 0;
  /// The same, started: the tensor must live and stay untouched until wait().
  virtual std::unique_ptr<PendingSum> start_sum(Tensor values) = 0;
  /// rows[r] rows of each rank r, one rank's after the other's: mine [rows[rank()], ...], all [sum of rows, ...].
  virtual void gather_rows(const Tensor& mine, const std::vector<std::int64_t>& rows, Tensor& all) = 0;
  /// The reverse: mine = the sum over the ranks of their `all`, as far as it is this rank's rows. f32.
  virtual void scatter_sum(const Tensor& all, const std::vector<std::int64_t>& rows, Tensor& mine) = 0;
  /// Everybody gets the tensor of rank 0.
  virtual void broadcast(Tensor& values) = 0;
  /// Returns once everybody has called it.
  virtual void barrier() = 0;
  /// One line of text a rank, in the order of the ranks.
  virtual std::vector<std::string> gather_text(const std::string& mine) = 0;

 protected:
  double seconds_ = 0;
};

/// One process alone.
std::shared_ptr<Communicator> no_communicator();

}  // namespace hypersphere
