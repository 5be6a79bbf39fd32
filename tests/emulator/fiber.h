// A fiber: a function with a stack of its own, entered and left by a cheap switch on one operating-system
// thread.
#pragma once

#include <cstddef>
#include <memory>

namespace hypersphere::emulator {

/// Usage: one context (the scheduler, on the thread's own stack) resumes fibers; a fiber suspends back to it.
/// A fiber stays on the operating-system thread that resumed it first.
class Fiber {
 public:
  static constexpr std::size_t stack_bytes = 256 << 10;

  /// Throws std::bad_alloc when there is no memory for a stack.
  Fiber();
  ~Fiber();
  Fiber(Fiber&&) noexcept;
  Fiber& operator=(Fiber&&) noexcept;

  /// Makes the next resume() call entry(argument), from which no exception may escape. Not for a fiber that
  /// is suspended(): the objects on its stack would never be destroyed.
  void start(void (*entry)(void*), void* argument);
  /// Runs the fiber until it suspends or its entry returns. To be called by the scheduler.
  void resume();
  /// Back to the scheduler. To be called inside of the fiber.
  void suspend();
  /// Whether entry has begun and not yet returned.
  bool suspended() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hypersphere::emulator
