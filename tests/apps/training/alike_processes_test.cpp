#include "apps/training/alike_processes.h"

#include <doctest/doctest.h>

#include "tests/apps/data/scratch.h"
#include "tests/processes.h"

namespace hypersphere {

// What the last process has otherwise is an error in all of them, and one alone has nobody to differ from.
TEST_CASE("processes: those of a job must be alike") {
  const std::shared_ptr<Communicator> ranks = test::processes();
  const bool alone = ranks->size() == 1, last = ranks->rank() + 1 == ranks->size();
  Dataset dataset;
  dataset.identities = {"a", "b"};
  for (int i = 0; i < 8; ++i) dataset.photographs.push_back({fmt::format("a/{}.jpg", i), i / 4});
  TrainingOptions options;
  options.ranks = ranks;
  options.data = "faces";
  options.config = "lr=0.1\nbatch=8\n";
  options.loader.batch = 8;
  const auto error = [](const TrainingOptions& changed, const Dataset& photographs) {
    return test::error_of([&] { expect_alike_processes(changed, photographs); });
  };
  const auto tells = [&](const std::string& found, const char* what) {
    return alone ? found.empty() : test::holds(found, what);
  };
  CHECK(error(options, dataset).empty());

  TrainingOptions other = options;
  if (last) other.config = "lr=0.1\nbatch=16\n";
  CHECK(tells(error(other, dataset), "other options: batch=16; process 0: batch=8;"));
  if (last) other.config = "lr=0.1\n";
  CHECK(tells(error(other, dataset), "other options: nothing more; process 0: batch=8;"));

  Dataset fewer = dataset;
  if (last) fewer.photographs[3].path = "a/other.jpg";
  CHECK(tells(error(options, fewer), "other photographs: 8 of 2 identities"));

  fewer.photographs.assign(1, dataset.photographs[0]);
  CHECK(tells(error(options, fewer), "faces: 1 photographs are less than one for each"));
  TrainingOptions small = options;
  small.loader.batch = 1;
  CHECK(tells(error(small, dataset), "--batch 1 is less than one photograph for each"));
}

}  // namespace hypersphere
