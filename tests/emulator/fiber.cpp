#include "emulator/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

#include "emulator/asan.h"

#if !defined(__x86_64__)
#include <ucontext.h>
#endif
#if HYPERSPHERE_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace hypersphere::emulator {

#if defined(__x86_64__)
namespace {
// What must survive a call in the System V ABI is pushed on the stack of the side that leaves; a context is
// then no more than a stack pointer. ucontext would ask the kernel to swap signal masks each time, which
// costs 90 times more. The floating-point modes are left as they are: no kernel changes them. A jump instead
// of a return, because the processor predicts that a return goes to where the last call came from, and here
// it never does.
struct Context {
  void* stack_pointer = nullptr;
};
}  // namespace

extern "C" void hypersphere_switch_stack(void** save, void* load);
asm(R"(
.pushsection .text
.type hypersphere_switch_stack, @function
hypersphere_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmpq *%rcx
.size hypersphere_switch_stack, .-hypersphere_switch_stack
.popsection
)");

namespace {

void switch_context(Context& from, Context& to) {
  hypersphere_switch_stack(&from.stack_pointer, to.stack_pointer);
}

// A stack as hypersphere_switch_stack leaves it: six registers and the address to return to. `bytes` is a
// multiple of 16, and so entry finds the stack pointer 8 below a multiple of 16, as behind a call.
void prepare(Context& context, std::byte* stack, std::size_t bytes, void (*entry)()) {
  auto* top = reinterpret_cast<void**>(stack + bytes);
  *--top = nullptr;  // where entry would return to: the end of the chain for debuggers
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  context.stack_pointer = top;
}
#else
namespace {
struct Context {
  ucontext_t value;
};

void switch_context(Context& from, Context& to) { swapcontext(&from.value, &to.value); }

void prepare(Context& context, std::byte* stack, std::size_t bytes, void (*entry)()) {
  getcontext(&context.value);
  context.value.uc_stack.ss_sp = stack;
  context.value.uc_stack.ss_size = bytes;
  context.value.uc_link = nullptr;
  makecontext(&context.value, entry, 0);
}
#endif

// Told to AddressSanitizer, which keeps a shadow of the stack in use.
struct StackOfScheduler {
  const void* bottom = nullptr;
  std::size_t size = 0;
};
thread_local StackOfScheduler scheduler_stack;
thread_local Context scheduler;

// AddressSanitizer is told of every switch, by the side that leaves and by the side that arrives. `fake`
// keeps the leaving side's stack of variables that it moved to the heap; null gives them up.
void leave_for([[maybe_unused]] const void* bottom, [[maybe_unused]] std::size_t size,
               [[maybe_unused]] void** fake) {
#if HYPERSPHERE_ASAN
  __sanitizer_start_switch_fiber(fake, bottom, size);
#endif
}
void arrive([[maybe_unused]] void* fake, [[maybe_unused]] StackOfScheduler* from) {
#if HYPERSPHERE_ASAN
  __sanitizer_finish_switch_fiber(fake, from == nullptr ? nullptr : &from->bottom,
                                  from == nullptr ? nullptr : &from->size);
#endif
}

}  // namespace

struct Fiber::State {
  Context context;
  std::byte* mapping = nullptr;  // a page that cannot be touched, then the stack: an overflow faults
  std::byte* stack = nullptr;
  std::size_t guard = 0, usable = 0;
  void* fake = nullptr;
  void (*entry)(void*) = nullptr;
  void* argument = nullptr;
  bool suspended = false;

  State() : guard(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    void* map = mmap(nullptr, guard + stack_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) throw std::bad_alloc();
    mprotect(map, guard, PROT_NONE);
    mapping = static_cast<std::byte*>(map);
    stack = mapping + guard;
    // Stacks that all began at the beginning of a page would fight for the same few lines of the cache.
    static thread_local std::size_t made = 0;
    usable = stack_bytes - made++ % 16 * 256;
  }
  ~State() { munmap(mapping, guard + stack_bytes); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[noreturn]] static void run();
};

namespace {
thread_local void* resumed = nullptr;  // Fiber::State of the fiber that runs
}

// The bottom frame of a fiber. It is left for good in the middle, so it must not mark the stack for the
// sanitizer.
__attribute__((no_sanitize_address)) void Fiber::State::run() {
  auto& state = *static_cast<State*>(resumed);
  arrive(nullptr, &scheduler_stack);
  state.entry(state.argument);
  state.suspended = false;
  leave_for(scheduler_stack.bottom, scheduler_stack.size, nullptr);
  switch_context(state.context, scheduler);
  std::abort();  // a fiber that ended was resumed
}

Fiber::Fiber() : state_(std::make_unique<State>()) {}
Fiber::~Fiber() = default;
Fiber::Fiber(Fiber&&) noexcept = default;
Fiber& Fiber::operator=(Fiber&&) noexcept = default;

void Fiber::start(void (*entry)(void*), void* argument) {
  state_->entry = entry;
  state_->argument = argument;
  prepare(state_->context, state_->stack, state_->usable, [] { State::run(); });
}

void Fiber::resume() {
  resumed = state_.get();
  state_->suspended = true;
  void* fake = nullptr;
  leave_for(state_->stack, stack_bytes, &fake);
  switch_context(scheduler, state_->context);
  arrive(fake, nullptr);
}

void Fiber::suspend() {
  leave_for(scheduler_stack.bottom, scheduler_stack.size, &state_->fake);
  switch_context(state_->context, scheduler);
  arrive(state_->fake, &scheduler_stack);
}

bool Fiber::suspended() const { return state_->suspended; }

}  // namespace hypersphere::emulator
