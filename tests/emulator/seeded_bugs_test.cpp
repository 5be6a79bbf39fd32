// The emulator must find the mistake in each kernel of seeded_kernels.cuh, and pass the kernels without it.
#include <doctest/doctest.h>

#include <cctype>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "emulator/asan.h"
#include "emulator/schedules.h"
#include "emulator/seeded_kernels.cuh"
#include "kernels/cuda/launch.h"

#if HYPERSPHERE_ASAN
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace hypersphere;
using namespace hypersphere::cuda;
using namespace hypersphere::test;

namespace {

using Kernel = void (*)(const float*, float*);

struct SeededBug {
  const char* name;
  Kernel buggy, right;
  // What the report of every schedule says; empty where the mistake shows as a wrong result instead, in one
  // schedule at least.
  std::vector<std::string> report;
};

#define BUGGY_AND_RIGHT(kernel, ...) \
#kernel, kernel < true __VA_OPT__(, ) __VA_ARGS__>, kernel < false __VA_OPT__(, ) __VA_ARGS__>

const std::string here = "seeded_kernels.cuh:";  // a line number follows

// Under AddressSanitizer, which ends the process.
const SeededBug overruns[] = {
    {BUGGY_AND_RIGHT(static_overrun_kernel),
     {"overrun", "the shared array row of 256 bytes", "behind its end"}},
    {BUGGY_AND_RIGHT(static_underrun_kernel), {"overrun", "the shared array row", "before its beginning"}},
    {BUGGY_AND_RIGHT(dynamic_overrun_kernel),
     {"overrun", "the dynamic shared memory of 256 bytes", "behind its end"}},
    {BUGGY_AND_RIGHT(overread_kernel), {}},
};

const SeededBug bugs[] = {
    {BUGGY_AND_RIGHT(unwritten_shared_kernel), {}},
    {BUGGY_AND_RIGHT(missing_barrier_kernel, true), {}},
    {BUGGY_AND_RIGHT(missing_barrier_kernel, false), {}},
    {BUGGY_AND_RIGHT(missing_syncwarp_kernel), {}},
    {BUGGY_AND_RIGHT(divergent_exit_kernel), {"divergent exit", "__syncthreads()", here}},
    {BUGGY_AND_RIGHT(late_divergent_exit_kernel), {"divergent exit", "__syncthreads()", here}},
    {BUGGY_AND_RIGHT(divergent_barrier_kernel), {"divergent barrier", "another one at " + here}},
    {BUGGY_AND_RIGHT(deadlock_kernel),
     {"block (1, 0, 0): deadlock: 64 threads", "thread 5 in __syncwarp() with mask 0xffffffff at " + here,
      "thread 0 and 62 more, up to 63, in __syncthreads() at " + here}},
    {BUGGY_AND_RIGHT(caller_outside_of_mask_kernel),
     {"__shfl_xor_sync(): the calling lane is not in the mask", here}},
    {BUGGY_AND_RIGHT(disagreeing_masks_kernel), {"with mask 0x7fffffff", "with mask 0xffffffff", here}},
    {BUGGY_AND_RIGHT(disagreeing_collectives_kernel),
     {"divergent collective", "__ballot_sync()", "__syncwarp()", here}},
    {BUGGY_AND_RIGHT(disagreeing_types_kernel), {"divergent collective", here}},
    {BUGGY_AND_RIGHT(shuffle_from_outside_kernel),
     {"lane 2 reads lane 16, which is outside of the mask", here}},
    {BUGGY_AND_RIGHT(exit_before_collective_kernel),
     {"divergent exit: __syncwarp(): the mask 0xffffffff names lane 8, which has ended", here}},
    {BUGGY_AND_RIGHT(exit_during_collective_kernel),
     {"divergent exit: this thread ended while lane", "__syncwarp()", here}},
    {BUGGY_AND_RIGHT(missing_wait_kernel), {}},
    {BUGGY_AND_RIGHT(missing_barrier_behind_wait_kernel), {}},
    {BUGGY_AND_RIGHT(copies_in_flight_kernel), {"ended with cp.async copies that it never waited for"}},
    {BUGGY_AND_RIGHT(pipeline_kernel), {}},
    {BUGGY_AND_RIGHT(copy_outside_kernel),
     {"thread (63, 0, 0)", "overrun", "outside of the block's shared memory", here}},
    {BUGGY_AND_RIGHT(misaligned_load_kernel), {"misaligned: load_vector of 8 bytes", here}},
    {BUGGY_AND_RIGHT(misaligned_store_kernel), {"misaligned: store_vector of 16 bytes", here}},
    {BUGGY_AND_RIGHT(misaligned_copy_kernel, false),
     {"misaligned: cp.async to shared memory of 16 bytes", here}},
    {BUGGY_AND_RIGHT(misaligned_copy_kernel, true),
     {"thread (8, 0, 0)", "misaligned: cp.async from global memory of 16 bytes", here}},
    {BUGGY_AND_RIGHT(assumed_alignment_kernel), {}},
};

#undef BUGGY_AND_RIGHT

// Whether the kernel hands its input on, as all kernels of the table do when they are right.
bool copies(const char* name, Kernel kernel) {
  std::vector<float> in(seeded_block + 4);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i) + 0.5f;
  const DeviceArray<float> source(in), target(seeded_block);
  launch({name, {2}, seeded_block, seeded_block * sizeof(float)}, kernel, source.get(), target.get());
  in.resize(seeded_block);
  return target.values() == in;
}

void check_right(const SeededBug& bug) {
  for (const Outcome& outcome : under_all_schedules([&] { return copies(bug.name, bug.right); })) {
    INFO("schedule: ", outcome.schedule, ", report: ", outcome.report);
    CHECK(outcome.right);
  }
}

void check_found(const SeededBug& bug) {
  bool shown = false;
  for (const Outcome& outcome : under_all_schedules([&] { return copies(bug.name, bug.buggy); })) {
    INFO("schedule: ", outcome.schedule, ", report: ", outcome.report);
    shown |= !outcome.right;
    if (bug.report.empty()) {
      CHECK(outcome.report.empty());
      continue;
    }
    CHECK(outcome.report.starts_with(std::string(bug.name) + ": block ("));
    for (const std::string& text : bug.report) {
      const std::size_t found = outcome.report.find(text);
      INFO("expected: ", text);
      CHECK(found != std::string::npos);
      if (text.ends_with(here) && found != std::string::npos)
        CHECK(std::isdigit(static_cast<unsigned char>(outcome.report[found + text.size()])));
    }
    CHECK(copies("right", bug.right));  // at once behind a failure
  }
  CHECK(shown);
}

#if HYPERSPHERE_ASAN
// What a child process that runs `run` writes to standard error, when it ends with a failure; else empty.
std::string last_words(const std::function<void()>& run) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    run();
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(ends[0], buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? std::string() : text;
}
#endif

__global__ void nothing_kernel() {}

__global__ void too_much_static_kernel() {
  HYPERSPHERE_SHARED(float, large, 12 * 1024 + 1);
  large[0] = 0;
}

__global__ void nested_launch_kernel() { launch({"nothing_kernel", {1}, 1}, nothing_kernel); }

__global__ void throwing_kernel() { fail("from inside of {}", "a kernel"); }

__global__ void absent_lane_kernel() { __syncwarp(); }

std::string report_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const emulator::KernelError& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("emulator: seeded bugs are found, and without them the kernels pass") {
  for (const SeededBug& bug : bugs) {
    INFO(std::string(bug.name));
    check_right(bug);
    check_found(bug);
  }
}

TEST_CASE("emulator: overruns of shared memory are found") {
  for (const SeededBug& bug : overruns) {
    INFO(std::string(bug.name));
    check_right(bug);
#if HYPERSPHERE_ASAN
    const std::string words = last_words([&] { copies(bug.name, bug.buggy); });
    INFO(words);
    CHECK(words.find("AddressSanitizer") != std::string::npos);
    CHECK(words.find("_kernel<true") != std::string::npos);
#else
    check_found(bug);
#endif
  }
}

TEST_CASE("emulator: device memory that was never written is NaN") {
  const DeviceArray<float> in(seeded_block), out(seeded_block);
  launch({"right", {1}, seeded_block}, missing_barrier_kernel<false, true>, in.get(), out.get());
  for (const float value : out.values()) CHECK(std::isnan(value));
}

TEST_CASE("emulator: launches that no device would accept") {
  const auto refused = [](const Launch& what) {
    const std::string report = report_of([&] { launch(what, nothing_kernel); });
    INFO(report);
    CHECK(report.starts_with("nothing_kernel: invalid launch: grid ("));
  };
  refused({"nothing_kernel", {1}, 0});
  refused({"nothing_kernel", {1}, 1025});
  refused({"nothing_kernel", {0}, 32});
  refused({"nothing_kernel", {1, 65536}, 32});
  refused({"nothing_kernel", {1, 1, 65536}, 32});
  refused({"nothing_kernel", {std::int64_t{1} << 31}, 32});
  refused({"nothing_kernel", {-1}, 32});
  refused({"nothing_kernel", {1}, 32, 163 * 1024 + 1});
  CHECK(report_of([] { launch({"nothing_kernel", {1, 3, 2}, 1024, 163 * 1024}, nothing_kernel); }).empty());
  CHECK(report_of([] {
          launch({"too_much_static_kernel", {1}, 1}, too_much_static_kernel);
        }).find("too much shared memory: with large the block has 49156 bytes") != std::string::npos);
}

TEST_CASE("emulator: what does not belong into a kernel") {
  CHECK(report_of([] {
          launch({"nested_launch_kernel", {1}, 1}, nested_launch_kernel);
        }).find("nothing_kernel: launched inside of a kernel") != std::string::npos);
  CHECK(report_of([] {
          launch({"throwing_kernel", {1}, 1}, throwing_kernel);
        }).find("throwing_kernel: block (0, 0, 0): an exception: from inside of a kernel") !=
        std::string::npos);
  CHECK(report_of([] {
          launch({"absent_lane_kernel", {1}, 40}, absent_lane_kernel);
        }).find("names lane 8, which the block does not have") != std::string::npos);
  CHECK_THROWS_AS(__syncthreads(), emulator::KernelError);
  CHECK_THROWS_AS(static_cast<void>(threadIdx), emulator::KernelError);
}

TEST_CASE("emulator: objects of waiting threads are destroyed when another thread fails") {
  for (const bool deadlock : {false, true}) {
    static int alive;
    alive = 0;
    const std::string report = report_of([&] {
      emulator::run_grid("fails", {1}, {64}, 0, [&] {
        struct Counted {
          Counted() { ++alive; }
          ~Counted() { --alive; }
        } counted;
        if (threadIdx.x == 63 && !deadlock) emulator::kernel_error("fails with all others waiting");
        if (threadIdx.x % 2 == 0) __syncwarp();
        __syncthreads();
      });
    });
    CHECK(report.find(deadlock ? "deadlock" : "all others waiting") != std::string::npos);
    CHECK(alive == 0);
  }
}

TEST_CASE("emulator: launched kernels are remembered, those refused are not") {
  launch({"remembered_kernel<float>", {1}, 1}, nothing_kernel);
  CHECK_THROWS_AS(launch({"refused_kernel", {0}, 1}, nothing_kernel), emulator::KernelError);
  CHECK(emulator::launched_kernels().contains("remembered_kernel"));
  CHECK_FALSE(emulator::launched_kernels().contains("refused_kernel"));
}
