#include "tests/processes.h"

#include <cstdlib>

#include "cluster/mpi.h"
#include "tests/support.h"

namespace hypersphere::test {

std::shared_ptr<Communicator> processes() {
  static int argc = 0;
  static char** argv = nullptr;
  static mpi::Session session(argc, argv);
  static const bool seeded = [] {
    const std::shared_ptr<Communicator> all = session.world();
    if (all->size() == 1) return true;
    const std::string mine = all->rank() == 0 ? std::to_string(test_seed()) : "";
    setenv("HYPERSPHERE_TEST_SEED", all->gather_text(mine)[0].c_str(), 1);
    return true;
  }();
  (void)seeded;
  return session.world();
}

}  // namespace hypersphere::test
