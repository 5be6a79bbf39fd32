#include "apps/training/ablation_folder.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/apps/data/scratch.h"

namespace hypersphere {
namespace {

const AblationCell cell{4, "a-softmax", 3, 2};
const AblationSettings settings{{"lr", "0.1"}, {"data", "faces"}};

TEST_CASE("ablation folder: results are kept with their settings; a finished run loses its checkpoints") {
  const test::Scratch scratch;
  const AblationFolder folder(scratch / "new/out", settings);
  CHECK(folder.run(cell) == scratch / "new/out/sphereface-4-a-softmax-3-seed-2");
  CHECK_FALSE(folder.result(cell).has_value());
  CHECK_FALSE(folder.begun(cell));
  const std::string run = "new/out/" + folder_name(cell);
  scratch.file(run + "/checkpoints/iteration-00000001.safetensors", "state");
  CHECK(folder.begun(cell));

  const AblationResult diverged{.divergence = "iteration 2: the \"loss\" is not finite", .iterations = 1};
  folder.keep(cell, diverged);
  CHECK(folder.result(cell) == diverged);
  CHECK(std::filesystem::exists(folder.run(cell) / "checkpoints"));
  const AblationResult finished{
      .iterations = 5, .seconds = 0.1, .loss = 1.0 / 3, .accuracy = 0.7, .auc = 0.8};
  folder.keep(cell, finished);
  CHECK(folder.result(cell) == finished);
  CHECK_FALSE(std::filesystem::exists(folder.run(cell) / "checkpoints"));
}

TEST_CASE("ablation folder: settings bind once something was trained, and every difference is named") {
  const test::Scratch scratch;
  const AblationSettings other{{"lr", "0.3"}, {"batch", "32"}};
  { AblationFolder(scratch / "out", settings).write_report({{cell, {}}}); }
  { AblationFolder(scratch / "out", other).write_report({{cell, {}}}); }
  { AblationFolder(scratch / "out", settings).write_report({{cell, {}}}); }
  scratch.file("out/" + folder_name(cell) + "/log.jsonl", "");
  const std::string message = test::error_of([&] { AblationFolder(scratch / "out", other); });
  CHECK(test::holds(message,
                    "ablation.json: trained with --batch not given, now 32; --data faces, now not given; "
                    "--lr 0.1, now 0.3."));
  CHECK(AblationFolder(scratch / "out", settings).begun(cell));

  scratch.file("out/" + folder_name(cell) + "/result.json",
               "{\"settings\": {\"lr\": \"0.1\", \"data\": \"faces\"}}");
  const AblationFolder folder(scratch / "out", settings);
  CHECK(test::holds(test::error_of([&] { folder.result(cell); }), "result.json", "\"iterations\"",
                    "remove the file"));
  scratch.file("out/" + folder_name(cell) + "/result.json", "{");
  CHECK(test::holds(test::error_of([&] { folder.result(cell); }), "result.json", "expected a JSON object"));
}

TEST_CASE("folder lock: one holder at a time, and none after a process was killed") {
  const test::Scratch scratch;
  {
    const FolderLock lock(scratch / "here");
    CHECK(
        test::holds(test::error_of([&] { FolderLock second(scratch / "here"); }), "here", "another process"));
    const FolderLock elsewhere(scratch / "there");
  }
  const FolderLock again(scratch / "here");

  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t child = ::fork();
  if (child == 0) {  // holds the lock until it is killed
    const FolderLock lock(scratch / "killed");
    ::close(ready[0]);
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  REQUIRE(child > 0);
  ::close(ready[1]);
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(test::holds(test::error_of([&] { FolderLock second(scratch / "killed"); }), "another process"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  CHECK(test::error_of([&] { FolderLock second(scratch / "killed"); }) == "");
  CHECK(test::holds(test::error_of([&] { FolderLock bad(scratch.file("file", "") / "below"); }),
                    "cannot create"));
}

}  // namespace
}  // namespace hypersphere
