// Runs CUDA kernels on the processor: the blocks of a grid one after another, the threads of a block as
// fibers that take turns at every barrier and warp collective. README.md in this folder says how to put a
// kernel under it and what it can and cannot find. This header is the machine; device.h is what a kernel sees
// of it.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace hypersphere::emulator {

/// A place in the source. Not std::source_location, which Clang 14 lacks; the compilers know these two since
/// long.
class Location {
 public:
  constexpr Location() = default;
  static constexpr Location current(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) {
    return Location(file, line);
  }
  constexpr const char* file_name() const { return file_; }
  constexpr unsigned line() const { return line_; }
  bool operator==(const Location& other) const;
  /// "file.cuh:12", without folders.
  std::string text() const;

 private:
  constexpr Location(const char* file, unsigned line) : file_(file), line_(line) {}
  const char* file_ = "";
  unsigned line_ = 0;
};

/// What a kernel did wrong: one line with kernel, block, thread and source line, as far as they apply.
class KernelError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Index3 {
  unsigned x = 0, y = 0, z = 0;
};
struct Extent3 {
  unsigned x = 1, y = 1, z = 1;
};

/// The order in which the threads of a block get their turns. A kernel that lacks a barrier gives a wrong
/// result in at least one of them.
struct Schedule {
  enum class Order {
    forward,      ///< thread 0 first
    reverse,      ///< the last thread first
    shuffled,     ///< drawn from `seed`, afresh for every round
    warp_greedy,  ///< a warp runs until all of its threads wait, then the next warp
    last_warp_greedy,
  };
  Order order = Order::forward;
  std::uint32_t seed = 0;
  std::string name() const;
};
/// For all launches of this process from now on.
void set_schedule(Schedule schedule);
/// The ones that kernels are tested under: forward, reverse, shuffled, either greedy one.
const std::vector<Schedule>& schedules();

/// Runs `body` in every thread of every block. `kernel` names it in reports and in launched_kernels(). Throws
/// KernelError for the first mistake found, and for a launch that no device would accept.
void run_grid(const char* kernel, Extent3 grid, Extent3 block, std::size_t dynamic_shared_bytes,
              const std::function<void()>& body);

/// Names of the kernels launched by this process, as written in the launch, without template arguments. Where
/// the environment variable HYPERSPHERE_LAUNCHED_KERNELS names a file, they are appended to it, one a line,
/// when the process ends: check_coverage.sh compares them with the sources.
std::set<std::string> launched_kernels();

// ---- inside of a kernel -----------------------------------------------------------------------------------

Index3 thread_index();
Index3 block_index();
Extent3 block_extent();
Extent3 grid_extent();
unsigned lane();

/// Throws a KernelError, which ends the launch, that says `what` happened, in which thread, and where.
[[noreturn]] void kernel_error(const std::string& what, Location where = Location::current());

void sync_threads(Location where);

/// A warp's common operation. Every lane of `mask` arrives with its input and a place for its output; the
/// last one calls compute(mask, inputs, outputs) for all of them (entries of lanes outside of the mask are
/// null).
using WarpFunction = void (*)(std::uint32_t mask, const void* const* inputs, void* const* outputs,
                              const Location& where);
void warp_collective(const char* name, std::uint32_t mask, const void* input, void* output,
                     WarpFunction compute, Location where);

/// The block's shared array of a declaration (`key` is unique to it): exactly `bytes` bytes between guards,
/// filled with 0xFF, which is NaN as a float. `name` is for reports.
void* shared_array(const void* key, std::size_t bytes, const char* name = "?");
/// The dynamic shared memory of the block, exactly as large as the launch says, poisoned and guarded
/// likewise.
void* dynamic_shared_array();

/// kernel_error() unless `address` is a multiple of `bytes`, as an access of that many bytes needs it.
/// `access` names it.
void expect_aligned(const void* address, std::size_t bytes, const char* access, Location where);

/// cp.async: the target, which must be shared memory, is poisoned when the copy is issued and written when
/// the thread waits for its group: source_bytes bytes of the source, then zeros.
void async_copy(void* target, const void* source, std::size_t bytes, std::size_t source_bytes,
                Location where);
void async_commit();
void async_wait(std::size_t groups_left);

}  // namespace hypersphere::emulator
