// MPI: who started this process, with how many others, and tensors on the CPU between them.
#pragma once

#include <memory>
#include <string>

#include "cluster/communicator.h"

namespace hypersphere::mpi {

/// Whether this build knows MPI.
bool in_this_build();
/// "Open MPI v4.1.4", for `info`; empty where it is not in this build.
std::string library_version();

/// How many processes the launcher says that it started, from the environment that mpirun or srun left; 0 without one.
int launched_ranks();

/// While it lives, MPI is initialised, where the process was started by mpirun, srun or the like; else nothing is, and world()
/// is alone. One a process, made before any thread computes. Throws Error where a launcher started the process and this build has
/// no MPI: ranks that know nothing of each other would write over each other's files.
class Session {
 public:
  Session(int& argc, char**& argv);
  /// Waits for the others.
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::shared_ptr<Communicator> world() const { return world_; }
  /// This process among those on the same machine, and how many those are.
  int local_rank() const { return local_rank_; }
  int local_size() const { return local_size_; }
  /// Ends all processes of the job now, with this exit status: what one of them cannot go on with, the others would wait for.
  [[noreturn]] void abandon(int status);

 private:
  std::shared_ptr<Communicator> world_;
  bool initialised_ = false;
  int local_rank_ = 0, local_size_ = 1;
};

}  // namespace hypersphere::mpi
