// NCCL: tensors on GPUs between processes that MPI started.
#pragma once

#include <memory>
#include <string>

#include "cluster/communicator.h"

namespace hypersphere::nccl {

/// Where a call's work is done: in order with all that is computed, or beside it.
enum class Stream { compute, side };

/// The calls that tensors on GPUs take, which are NCCL's: the one seam between the order of the calls, which is written and
/// tested once (device_communicator), and who moves the bytes: NCCL, or in tests a recorder. Counts are of elements, pointers are
/// to device memory; no call waits for the device.
class Calls {
 public:
  virtual ~Calls() = default;
  /// What is called in between is one operation.
  virtual void group_start() = 0;
  virtual void group_end() = 0;
  /// values = the sum of all processes' values.
  virtual void all_reduce(std::byte* values, std::int64_t count, DType dtype, Stream stream) = 0;
  /// to = every process's `from`, one behind the other; `count` of each.
  virtual void all_gather(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) = 0;
  /// to = this process's `count` of the sum of all processes' `from`.
  virtual void reduce_scatter(const std::byte* from, std::byte* to, std::int64_t count, DType dtype) = 0;
  /// to = the `from` of process `root`; that of the others is not looked at.
  virtual void broadcast(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) = 0;
  /// In process `root`, to = the sum of all processes' `from`; that of the others is not touched.
  virtual void reduce(const std::byte* from, std::byte* to, std::int64_t count, DType dtype, int root) = 0;
  /// What is called on the side from now on begins behind what the compute stream was given so far.
  virtual void side_after_compute() = 0;
  /// A mark behind what the side stream was given so far, and: what the compute stream is given from now on begins behind it.
  virtual int mark_side() = 0;
  virtual void compute_after(int mark) = 0;
};

/// Tensors on cuda go through `calls`, those on the cpu, texts and barriers through `host`, of which it has rank and size.
std::shared_ptr<Communicator> device_communicator(std::shared_ptr<Communicator> host,
                                                  std::unique_ptr<Calls> calls);

// Of NCCL itself. One implementation is linked: nccl_cuda.cpp, or nccl_absent.cpp in a build without NCCL or CUDA.

/// Whether this build knows NCCL, and "2.27.7"; empty where it does not.
bool in_this_build();
std::string library_version();
/// NCCL among the processes of `host`, each on its GPU; all call it together. Throws Error where two of them have the same GPU,
/// and where NCCL is not in this build.
std::unique_ptr<Calls> connect(Communicator& host);

}  // namespace hypersphere::nccl

namespace hypersphere {

/// What moves tensors on `device` between the processes of `host`: that itself, or with NCCL on cuda where there are several. Throws
/// as nccl::connect.
std::shared_ptr<Communicator> communicator_for(std::shared_ptr<Communicator> host, Device device);

}  // namespace hypersphere
