#include "emulator/fiber.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

using hypersphere::emulator::Fiber;

namespace {

// A fiber that runs a function object, which gets the fiber in order to suspend it.
struct Coroutine {
  std::function<void(Fiber&)> body;
  Fiber fiber;

  explicit Coroutine(std::function<void(Fiber&)> what) : body(std::move(what)) { start(); }
  void start() {
    fiber.start(
        [](void* argument) {
          auto& self = *static_cast<Coroutine*>(argument);
          self.body(self.fiber);
        },
        this);
  }
};

volatile std::uintptr_t seen_address;

[[gnu::noinline]] void see(const void* p) { seen_address = reinterpret_cast<std::uintptr_t>(p); }

// Each level takes 128 bytes at least.
[[gnu::noinline]] int depth(int levels) {
  volatile char frame[128] = {};
  frame[levels % 128] = 1;
  return levels == 0 ? 0 : depth(levels - 1) + frame[levels % 128];
}

}  // namespace

TEST_CASE("fiber: scheduler and fibers take turns, and locals survive them") {
  std::string order;
  std::vector<Coroutine> fibers;
  fibers.reserve(3);
  for (const char name : {'a', 'b', 'c'})
    fibers.emplace_back([&order, name](Fiber& fiber) {
      std::string mine(3, name);
      double sum = 0.5;
      for (int turn = 0; turn < 3; ++turn) {
        order += name;
        sum *= 2;
        mine += std::to_string(turn);
        fiber.suspend();
      }
      CHECK(sum == 4.0);
      CHECK(mine == std::string(3, name) + "012");
    });
  for (int turn = 0; turn < 4; ++turn) {
    for (Coroutine& each : fibers) {
      CHECK(each.fiber.suspended() == (turn > 0));
      each.fiber.resume();
    }
    order += '.';
  }
  for (const Coroutine& each : fibers) CHECK_FALSE(each.fiber.suspended());
  CHECK(order == "abc.abc.abc..");
}

TEST_CASE("fiber: a stack starts aligned, as the ABI wants it") {
  for (int stack = 0; stack < 20; ++stack) {  // they start at different offsets in a page
    Coroutine probe([](Fiber&) {
      alignas(16) char local[16] = {};
      see(local);
      CHECK(seen_address % 16 == 0);
      see(__builtin_frame_address(0));
      CHECK(seen_address % 16 == 0);
    });
    probe.fiber.resume();
  }
}

TEST_CASE("fiber: starts again after it ended, and holds deep calls") {
  int runs = 0;
  Coroutine fiber([&](Fiber&) { runs += depth(300); });
  for (int i = 0; i < 3; ++i) {
    fiber.start();
    fiber.fiber.resume();
    CHECK_FALSE(fiber.fiber.suspended());
  }
  CHECK(runs == 900);
}

TEST_CASE("fiber: exceptions inside of a fiber, and of the scheduler between turns") {
  int caught = 0;
  Coroutine fiber([&](Fiber& self) {
    for (int i = 0; i < 2; ++i) {
      try {
        const std::string text(100, 'x');  // on the heap: its destructor must run
        throw std::runtime_error(text);
      } catch (const std::exception&) {
        ++caught;
      }
      self.suspend();
    }
  });
  fiber.fiber.resume();
  CHECK_THROWS_AS(throw std::logic_error("scheduler"), std::logic_error);
  fiber.fiber.resume();
  CHECK(caught == 2);
  fiber.fiber.resume();
  CHECK_FALSE(fiber.fiber.suspended());
}

TEST_CASE("fiber: as many as a block has threads") {
  std::vector<std::unique_ptr<Coroutine>> fibers;
  int turns = 0;
  for (int i = 0; i < 1024; ++i)
    fibers.push_back(std::make_unique<Coroutine>([&](Fiber& self) {
      ++turns;
      self.suspend();
      ++turns;
    }));
  for (int turn = 0; turn < 2; ++turn)
    for (const auto& fiber : fibers) fiber->fiber.resume();
  CHECK(turns == 2048);
}

TEST_CASE("speed: a switch between fibers" * doctest::skip()) {
  for (const int count : {1, 256}) {
    std::vector<std::unique_ptr<Coroutine>> fibers;
    for (int i = 0; i < count; ++i)
      fibers.push_back(std::make_unique<Coroutine>([](Fiber& self) {
        while (true) self.suspend();
      }));
    const int rounds = 4'000'000 / count;
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < rounds; ++round)
      for (const auto& fiber : fibers) fiber->fiber.resume();
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    MESSAGE(count << " fibers: " << time.count() / (2.0 * rounds * count) << " ns a switch");
  }
}
