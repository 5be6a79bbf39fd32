#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <mutex>
#include <numeric>
#include <utility>

#include "emulator/launched.h"
#include "emulator/machine.h"

namespace hypersphere::emulator {
namespace {

struct SharedSchedule {
  std::mutex mutex;
  Schedule schedule;
};

SharedSchedule& shared_schedule() {
  static SharedSchedule instance;
  return instance;
}

std::string at(const Thread& thread) { return thread.where.text(); }

}  // namespace

std::string Machine::place() const {
  return fmt::format("{}: block ({}, {}, {})", kernel, block_index.x, block_index.y, block_index.z);
}

// ---- one thread -------------------------------------------------------------------------------------------

// No exception may leave a fiber: the scheduler throws in its place.
void Machine::run_thread(Thread& thread) {
  try {
    (*body)();
    end_thread(thread);
  } catch (const Abandoned&) {
  } catch (const KernelError& e) {
    error = e.what();
  } catch (const std::exception& e) {
    error = fmt::format("{}: an exception: {}", place(), e.what());
  }
  thread.turn = Turn::done;
}

void Machine::end_thread(Thread& thread) {
  const auto pending = [](const std::vector<AsyncCopy>& group) { return !group.empty(); };
  if (pending(thread.open) || std::ranges::any_of(thread.groups, pending))
    kernel_error("this thread ended with cp.async copies that it never waited for", Location());
  --alive;
  if (at_barrier > 0)
    for (unsigned i = 0; i < thread_count; ++i)
      if (threads[i].turn == Turn::at_barrier)
        kernel_error(
            fmt::format(
                "divergent exit: this thread ended while thread {} waits for it in __syncthreads() at {}", i,
                at(threads[i])),
            Location());
  Warp& warp = warps[thread.warp()];
  warp.ended |= 1u << thread.lane();
  for (std::uint32_t lanes = warp.waiting; lanes != 0; lanes &= lanes - 1) {
    const Thread& other = threads[thread.warp() * warp_size + static_cast<unsigned>(std::countr_zero(lanes))];
    if (other.collective.mask >> thread.lane() & 1)
      kernel_error(
          fmt::format("divergent exit: this thread ended while lane {} waits for it in {} with mask {:#010x} "
                      "at {}",
                      other.lane(), other.collective.name, other.collective.mask, at(other)),
          Location());
  }
}

// Gives the turn away until another thread sets this one's to ready.
void Machine::wait(Thread& thread) {
  thread.fiber.suspend();
  if (abandoning) throw Abandoned();
}

// ---- one block --------------------------------------------------------------------------------------------

void Machine::start_block() {
  alive = thread_count;
  at_barrier = 0;
  std::ranges::fill(warps, Warp());
  for (SharedArray& array : shared) array.memory.fill_with_poison();
  dynamic_shared->fill_with_poison();
  for (unsigned i = 0; i < thread_count; ++i) {
    Thread& thread = threads[i];
    thread.number = i;
    thread.index = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
    thread.turn = Turn::ready;
    thread.open.clear();
    thread.groups.clear();
    warps[thread.warp()].present |= 1u << thread.lane();
    thread.fiber.start([](void* argument) { active->run_thread(*static_cast<Thread*>(argument)); }, &thread);
  }
}

void Machine::run_block() {
  start_block();
  std::vector<unsigned> order(thread_count);
  std::iota(order.begin(), order.end(), 0u);
  if (schedule.order == Schedule::Order::reverse) std::ranges::reverse(order);
  std::mt19937 random(schedule.seed + 7919 * block_index.x + 104729 * block_index.y +
                      1299709 * block_index.z);
  while (alive > 0)
    if (!run_round(order, random)) {
      const std::string report = fmt::format("{}: deadlock: {}", place(), describe_waiting());
      abandon_all();
      throw KernelError(report);
    }
  check_guards();
}

// Gives every thread that can run at least one turn. Returns whether any could.
bool Machine::run_round(std::vector<unsigned>& order, std::mt19937& random) {
  using Order = Schedule::Order;
  bool ran = false;
  if (schedule.order == Order::warp_greedy || schedule.order == Order::last_warp_greedy) {
    const auto count = static_cast<unsigned>(warps.size());
    for (unsigned k = 0; k < count; ++k) {
      const unsigned warp = schedule.order == Order::warp_greedy ? k : count - 1 - k;
      bool again = true;
      while (again) {
        again = false;
        for (unsigned i = warp * warp_size; i < std::min(thread_count, (warp + 1) * warp_size); ++i)
          again |= step(i);
        ran |= again;
      }
    }
    return ran;
  }
  if (schedule.order == Order::shuffled) std::ranges::shuffle(order, random);
  for (const unsigned number : order) ran |= step(number);
  return ran;
}

bool Machine::step(unsigned number) {
  Thread& thread = threads[number];
  if (thread.turn != Turn::ready) return false;
  current = &thread;
  thread.fiber.resume();
  current = nullptr;
  if (!error.empty()) {
    const std::string report = std::exchange(error, {});
    abandon_all();
    throw KernelError(report);
  }
  return true;
}

void Machine::abandon_all() {
  abandoning = true;
  for (unsigned i = 0; i < thread_count; ++i) {
    if (!threads[i].fiber.suspended()) continue;
    current = &threads[i];
    threads[i].fiber.resume();
  }
  current = nullptr;
  abandoning = false;
  error.clear();
}

void Machine::release_barrier() {
  const Location first = current->where;
  for (unsigned i = 0; i < thread_count; ++i)
    if (threads[i].where != first)
      kernel_error(
          fmt::format("divergent barrier: this thread waits in __syncthreads() here and thread {} in another "
                      "one at {}",
                      i, at(threads[i])),
          first);
  for (unsigned i = 0; i < thread_count; ++i) threads[i].turn = Turn::ready;
  at_barrier = 0;
}

std::string Machine::describe_waiting() const {
  // Threads that wait in the same place are named together.
  std::vector<std::pair<std::string, std::vector<unsigned>>> places;
  for (unsigned i = 0; i < thread_count; ++i) {
    const Thread& thread = threads[i];
    if (thread.turn == Turn::done) continue;
    const std::string what = thread.turn == Turn::at_barrier
                                 ? fmt::format("__syncthreads() at {}", at(thread))
                                 : fmt::format("{} with mask {:#010x} at {}", thread.collective.name,
                                               thread.collective.mask, at(thread));
    auto found = std::ranges::find(places, what, [](const auto& entry) { return entry.first; });
    if (found == places.end()) found = places.insert(found, {what, {}});
    found->second.push_back(i);
  }
  constexpr std::size_t most = 6;
  std::string text = fmt::format("{} threads wait for each other", alive);
  for (std::size_t p = 0; p < std::min(places.size(), most); ++p) {
    const auto& [what, waiting] = places[p];
    text += fmt::format("; thread {}", waiting.front());
    if (waiting.size() > 1)
      text += fmt::format(" and {} more, up to {},", waiting.size() - 1, waiting.back());
    text += fmt::format(" in {}", what);
  }
  if (places.size() > most) text += fmt::format("; and so on in {} more places", places.size() - most);
  return text;
}

void Machine::check_guards() const {
  const auto check = [this](const std::string& name, const GuardedMemory& memory) {
    const std::string damage = memory.damage();
    if (!damage.empty())
      throw KernelError(fmt::format("{}: overrun: {} of {} bytes was written to {}", place(), name,
                                    memory.bytes(), damage));
  };
  for (const SharedArray& array : shared) check(fmt::format("the shared array {}", array.name), array.memory);
  check("the dynamic shared memory", *dynamic_shared);
}

const GuardedMemory* Machine::shared_memory_of(const void* p, std::size_t bytes) const {
  for (const SharedArray& array : shared)
    if (array.memory.contains(p, bytes)) return &array.memory;
  return dynamic_shared->contains(p, bytes) ? dynamic_shared.get() : nullptr;
}

// ---- one grid ---------------------------------------------------------------------------------------------

std::string Schedule::name() const {
  switch (order) {
    case Order::forward:
      return "forward";
    case Order::reverse:
      return "reverse";
    case Order::shuffled:
      return fmt::format("shuffled by {}", seed);
    case Order::warp_greedy:
      return "warp after warp";
    case Order::last_warp_greedy:
      return "warp after warp, the last first";
  }
  return "?";
}

void set_schedule(Schedule schedule) {
  const std::lock_guard lock(shared_schedule().mutex);
  shared_schedule().schedule = schedule;
}

const std::vector<Schedule>& schedules() {
  using enum Schedule::Order;
  static const std::vector<Schedule> all = {
      {forward, 0}, {reverse, 0}, {shuffled, 1}, {warp_greedy, 0}, {last_warp_greedy, 0}};
  return all;
}

void run_grid(const char* kernel, Extent3 grid, Extent3 block, std::size_t dynamic_shared_bytes,
              const std::function<void()>& body) {
  if (active != nullptr) throw KernelError(fmt::format("{}: launched inside of a kernel", kernel));
  const std::uint64_t count = std::uint64_t{block.x} * block.y * block.z;
  if (count == 0 || count > most_threads || block.z > 64 || grid.x == 0 || grid.y == 0 || grid.z == 0 ||
      grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535 || dynamic_shared_bytes > most_shared_bytes)
    throw KernelError(
        fmt::format("{}: invalid launch: grid ({}, {}, {}), block ({}, {}, {}), {} bytes of shared memory",
                    kernel, grid.x, grid.y, grid.z, block.x, block.y, block.z, dynamic_shared_bytes));
  record_launch(kernel);

  static thread_local Machine instance;
  Machine& m = instance;
  m.kernel = kernel;
  m.grid = grid;
  m.block = block;
  m.thread_count = static_cast<unsigned>(count);
  m.warps.resize((m.thread_count + warp_size - 1) / warp_size);
  m.dynamic_shared = std::make_unique<GuardedMemory>(dynamic_shared_bytes, 128);
  if (m.threads.size() < count) m.threads.resize(count);
  m.body = &body;
  {
    const std::lock_guard lock(shared_schedule().mutex);
    m.schedule = shared_schedule().schedule;
  }
  struct Restore {
    Machine& m;
    ~Restore() {
      active = nullptr;
      m.shared.clear();
      m.dynamic_shared.reset();
    }
  } restore{m};
  active = &m;
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        m.block_index = {x, y, z};
        m.run_block();
      }
}

}  // namespace hypersphere::emulator
