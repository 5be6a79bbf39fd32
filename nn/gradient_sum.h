// The sum of the gradients of several processes, while their backward passes still run.
#pragma once

#include <memory>
#include <vector>

#include "cluster/communicator.h"
#include "nn/module.h"

namespace hypersphere {

/// Gradients travel in buckets: many small messages would cost more than they carry, and one large one could not start before
/// the backward pass ends (Li et al., "PyTorch Distributed", arXiv 2006.15704, section 3.2). Buckets are filled from the last
/// parameter to the first, the order in which a backward pass finishes them, and start in that order in every process.
class GradientSum {
 public:
  /// Asks each of `parameters` (which must outlive it) to say when its gradient is there. A bucket has `bucket_bytes` or the one
  /// gradient that is larger. With one process, nothing is done at all.
  GradientSum(std::vector<NamedParameter> parameters, std::shared_ptr<Communicator> communicator,
              std::int64_t bucket_bytes = std::int64_t{4} << 20);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  /// After the backward pass: waits for what is under way; then each parameter's gradient() is the sum of all processes'. A
  /// gradient that this process has none of counts as zero.
  void finish();

  std::int64_t bytes() const { return bytes_; }  ///< of all gradients: what each process sends, at least
  std::size_t buckets() const { return buckets_.size(); }

 private:
  struct Bucket;
  void gradient_there(std::size_t bucket);
  void start_ready();

  std::shared_ptr<Communicator> communicator_;
  std::vector<NamedParameter> parameters_;
  std::vector<std::unique_ptr<Bucket>> buckets_;
  std::size_t next_ = 0;  // bucket to start
  std::int64_t bytes_ = 0;
};

}  // namespace hypersphere
