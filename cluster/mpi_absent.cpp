// mpi.h in a build without MPI.
#include <cstdlib>

#include "cluster/mpi.h"
#include "tensor/error.h"

namespace hypersphere::mpi {

bool in_this_build() { return false; }
std::string library_version() { return {}; }

Session::Session(int&, char**&) : world_(no_communicator()) {
  if (const int ranks = launched_ranks(); ranks > 1)
    fail(
        "this process was started as one of {}, and this program was built without MPI; install "
        "libopenmpi-dev and build "
        "it again, or start it alone",
        ranks);
}
Session::~Session() = default;
void Session::abandon(int status) { std::exit(status); }

}  // namespace hypersphere::mpi
