#include "emulator/emulator.h"

#include <fmt/core.h>

#include <bit>
#include <cstring>
#include <utility>

#include "emulator/machine.h"

namespace hypersphere::emulator {
namespace {

Machine& machine() {
  if (active == nullptr) throw KernelError("a device function was called outside of a kernel");
  return *active;
}

Thread& running() { return *machine().current; }

}  // namespace

bool Location::operator==(const Location& other) const {
  return line_ == other.line_ && (file_ == other.file_ || std::strcmp(file_, other.file_) == 0);
}

std::string Location::text() const {
  const std::string file = file_;
  return fmt::format("{}:{}", file.substr(file.find_last_of('/') + 1), line_);
}

Index3 thread_index() { return running().index; }
Index3 block_index() { return machine().block_index; }
Extent3 block_extent() { return machine().block; }
Extent3 grid_extent() { return machine().grid; }
unsigned lane() { return running().lane(); }

void kernel_error(const std::string& what, Location where) {
  const Machine& m = machine();
  const Index3& thread = running().index;
  const std::string line = where == Location() ? std::string() : " at " + where.text();
  throw KernelError(
      fmt::format("{}, thread ({}, {}, {}){}: {}", m.place(), thread.x, thread.y, thread.z, line, what));
}

void sync_threads(Location where) {
  Machine& m = machine();
  Thread& thread = running();
  if (m.alive != m.thread_count)
    kernel_error("divergent exit: __syncthreads() after some threads of the block have ended", where);
  thread.where = where;
  thread.turn = Turn::at_barrier;
  if (++m.at_barrier == m.thread_count) m.release_barrier();
  m.wait(thread);
}

// A lane that waits for others may see them meet without it first: only masks that name each other must
// agree. Lanes that never come, or come with another mask, leave a deadlock or a divergent exit, which is
// reported there.
void warp_collective(const char* name, std::uint32_t mask, const void* input, void* output,
                     WarpFunction compute, Location where) {
  Machine& m = machine();
  Thread& thread = running();
  Warp& warp = m.warps[thread.warp()];
  const std::uint32_t self = 1u << thread.lane();
  if (!(mask & self))
    kernel_error(fmt::format("{}: the calling lane is not in the mask {:#010x}", name, mask), where);
  if (const std::uint32_t absent = mask & ~warp.present; absent != 0)
    kernel_error(fmt::format("{}: the mask {:#010x} names lane {}, which the block does not have", name, mask,
                             std::countr_zero(absent)),
                 where);
  if (const std::uint32_t ended = mask & warp.ended; ended != 0)
    kernel_error(fmt::format("divergent exit: {}: the mask {:#010x} names lane {}, which has ended", name,
                             mask, std::countr_zero(ended)),
                 where);
  thread.collective = {name, mask, input, output, compute};
  thread.where = where;
  thread.turn = Turn::in_warp;
  warp.waiting |= self;
  if (mask & ~warp.waiting) return m.wait(thread);

  Thread* const lanes = &m.threads[thread.warp() * warp_size];
  const void* inputs[warp_size] = {};
  void* outputs[warp_size] = {};
  for (unsigned l = 0; l < warp_size; ++l) {
    if (!(mask >> l & 1)) continue;
    const Collective& other = lanes[l].collective;
    if (other.mask != mask && !(other.mask & self)) return m.wait(thread);
    if (other.mask != mask || other.compute != compute ||
        (other.name != name && std::strcmp(other.name, name) != 0))
      kernel_error(
          fmt::format("divergent collective: this lane is in {} with mask {:#010x}, lane {} in {} with mask "
                      "{:#010x} at {}",
                      name, mask, l, other.name, other.mask, lanes[l].where.text()),
          where);
    inputs[l] = other.input;
    outputs[l] = other.output;
  }
  compute(mask, inputs, outputs, where);
  warp.waiting &= ~mask;
  for (unsigned l = 0; l < warp_size; ++l)
    if (mask >> l & 1) lanes[l].turn = Turn::ready;
}

void* shared_array(const void* key, std::size_t bytes, const char* name) {
  Machine& m = machine();
  std::size_t total = bytes;
  for (const SharedArray& array : m.shared) {
    if (array.key == key) return array.memory.data();
    total += array.memory.bytes();
  }
  if (total > most_static_bytes || total + m.dynamic_shared->bytes() > most_shared_bytes)
    kernel_error(
        fmt::format("too much shared memory: with {} the block has {} bytes of static and {} of dynamic",
                    name, total, m.dynamic_shared->bytes()),
        Location());
  m.shared.push_back({key, name, GuardedMemory(bytes, 16)});
  return m.shared.back().memory.data();
}

void* dynamic_shared_array() { return machine().dynamic_shared->data(); }

void expect_aligned(const void* address, std::size_t bytes, const char* access, Location where) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes != 0)
    kernel_error(
        fmt::format("misaligned: {} of {} bytes at an address that is no multiple of it", access, bytes),
        where);
}

void async_copy(void* target, const void* source, std::size_t bytes, std::size_t source_bytes,
                Location where) {
  if (bytes != 4 && bytes != 8 && bytes != 16)
    kernel_error(fmt::format("cp.async of {} bytes", bytes), where);
  if (source_bytes > bytes)
    kernel_error(fmt::format("cp.async reads {} bytes for {}", source_bytes, bytes), where);
  expect_aligned(target, bytes, "cp.async to shared memory", where);
  expect_aligned(source, bytes, "cp.async from global memory", where);
  if (machine().shared_memory_of(target, bytes) == nullptr)
    kernel_error(
        fmt::format("overrun: the target of a cp.async of {} bytes lies outside of the block's shared memory",
                    bytes),
        where);
  std::memset(target, poison, bytes);
  running().open.push_back({target, source, bytes, source_bytes});
}

void async_commit() {
  Thread& thread = running();
  thread.groups.push_back(std::exchange(thread.open, {}));
}

void async_wait(std::size_t groups_left) {
  Thread& thread = running();
  while (thread.groups.size() > groups_left) {
    for (const AsyncCopy& copy : thread.groups.front()) {
      if (copy.source_bytes > 0) std::memcpy(copy.target, copy.source, copy.source_bytes);
      std::memset(static_cast<std::byte*>(copy.target) + copy.source_bytes, 0,
                  copy.bytes - copy.source_bytes);
    }
    thread.groups.pop_front();
  }
}

}  // namespace hypersphere::emulator
