#include <algorithm>
#include <cstdlib>

#include "cluster/mpi.h"
#include "tensor/text.h"

namespace hypersphere::mpi {

int launched_ranks() {
  // Open MPI's mpirun; MPICH's and Intel's; Slurm's srun, whose number of tasks a batch script has too, but no process number.
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  if (size == nullptr) size = std::getenv("PMI_SIZE");
  if (size == nullptr && std::getenv("SLURM_STEP_ID") != nullptr && std::getenv("SLURM_PROCID") != nullptr)
    size = std::getenv("SLURM_STEP_NUM_TASKS");
  if (size == nullptr) return 0;
  return std::max(0, number_in<int>(size).value_or(0));
}

}  // namespace hypersphere::mpi
