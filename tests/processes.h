// Tests that several processes run together, started by mpirun; alone, they are the same with one.
#pragma once

#include "cluster/communicator.h"

namespace hypersphere::test {

/// The processes of this test. The first call makes test_seed() the same in all of them, so a test calls this before it draws anything.
std::shared_ptr<Communicator> processes();

}  // namespace hypersphere::test
