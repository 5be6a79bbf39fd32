#include <charconv>
#include <cstdlib>
#include <cstring>

#include "cluster/mpi.h"

namespace hypersphere::mpi {

int launched_ranks() {
  // Open MPI's mpirun; MPICH's and Intel's; Slurm's srun, whose number of tasks a batch script has too, but no process number.
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (size == nullptr) size = std::getenv("PMI_SIZE");
  if (size == nullptr && std::getenv("SLURM_STEP_ID") != nullptr && std::getenv("SLURM_PROCID") != nullptr)
    size = std::getenv("SLURM_STEP_NUM_TASKS");
  if (size == nullptr) return 0;
  int ranks = 0;
  const auto [end, error] = std::from_chars(size, size + std::strlen(size), ranks);
  return error == std::errc() && ranks > 0 ? ranks : 0;
}

}  // namespace hypersphere::mpi
