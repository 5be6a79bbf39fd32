// The state of a launch in progress: scheduler.cpp gives the threads their turns, emulator.cpp is what
// kernels call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "emulator/emulator.h"
#include "emulator/fiber.h"
#include "emulator/guarded_memory.h"

namespace hypersphere::emulator {

inline constexpr unsigned warp_size = 32;

// Limits of compute capability 8.0 in the CUDA C++ Programming Guide's table of technical specifications;
// later ones allow at least as much.
inline constexpr std::size_t most_shared_bytes = 163 << 10, most_static_bytes = 48 << 10;
inline constexpr std::uint64_t most_threads = 1024;

struct AsyncCopy {
  void* target;
  const void* source;
  std::size_t bytes, source_bytes;
};

enum class Turn { ready, at_barrier, in_warp, done };

// The warp collective that a lane waits in.
struct Collective {
  const char* name = nullptr;
  std::uint32_t mask = 0;
  const void* input = nullptr;
  void* output = nullptr;
  WarpFunction compute = nullptr;
};

struct Thread {
  Fiber fiber;
  unsigned number = 0;
  Index3 index;
  Turn turn = Turn::ready;
  Location where;  // of the barrier or collective it waits in
  Collective collective;
  // cp.async: copies of the open group, and the groups committed.
  std::vector<AsyncCopy> open;
  std::deque<std::vector<AsyncCopy>> groups;

  unsigned lane() const { return number % warp_size; }
  unsigned warp() const { return number / warp_size; }
};

// Sets of lanes.
struct Warp {
  std::uint32_t present = 0, waiting = 0, ended = 0;
};

struct SharedArray {
  const void* key;
  const char* name;
  GuardedMemory memory;
};

// Thrown into the threads that still wait when another one has failed, so that their stacks are cleared up.
struct Abandoned {};

// Everything about the launch in progress. One for each operating-system thread that launches, kept for its
// stacks.
struct Machine {
  const char* kernel = "";
  Schedule schedule;
  Extent3 grid, block;
  Index3 block_index;
  std::vector<Thread> threads;
  std::vector<Warp> warps;
  unsigned thread_count = 0, alive = 0, at_barrier = 0;
  std::deque<SharedArray> shared;
  std::unique_ptr<GuardedMemory> dynamic_shared;
  const std::function<void()>* body = nullptr;
  Thread* current = nullptr;
  std::string error;
  bool abandoning = false;

  void run_block();
  void start_block();
  bool run_round(std::vector<unsigned>& order, std::mt19937& random);
  bool step(unsigned number);
  void run_thread(Thread& thread);
  void end_thread(Thread& thread);
  void wait(Thread& thread);
  void release_barrier();
  void abandon_all();
  void check_guards() const;
  const GuardedMemory* shared_memory_of(const void* p, std::size_t bytes) const;
  std::string place() const;
  std::string describe_waiting() const;
};

// Of the operating-system thread, inside of a launch; null outside.
inline constinit thread_local Machine* active = nullptr;

}  // namespace hypersphere::emulator
