// The devices that every kernel test runs on, and the schedules of the emulated one.
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

#include "tensor/cuda_memory.h"
#include "tensor/dtype.h"
#ifdef HYPERSPHERE_EMULATOR
#include "emulator/asan.h"
#include "emulator/emulator.h"
#endif

namespace hypersphere::test {

/// The CPU, and CUDA where it can be used: on the emulator, or on a GPU in a build for one. The environment variable
/// HYPERSPHERE_TEST_DEVICE (cpu or cuda) leaves one of them, so that ctest can run them side by side.
inline std::vector<Device> devices() {
  std::vector<Device> all = {Device::cpu};
  if (cuda::unavailable().empty()) all.push_back(Device::cuda);
  if (const char* only = std::getenv("HYPERSPHERE_TEST_DEVICE"))
    std::erase_if(all, [&](Device device) { return to_string(device) != only; });
  return all;
}

/// Whether work on `device` is done by the emulator.
inline bool is_emulated([[maybe_unused]] Device device) {
#ifdef HYPERSPHERE_EMULATOR
  return device == Device::cuda;
#else
  return false;
#endif
}

/// Multiply-adds that the emulator is asked for under every schedule; more are run under one of them. With
/// AddressSanitizer, which makes the emulator several times slower, both are less and the largest layers are left out;
/// what is new about them, many blocks and long sums, has nothing to do with addresses.
#if defined(HYPERSPHERE_EMULATOR) && HYPERSPHERE_ASAN
inline constexpr std::int64_t emulated_work = 1'000'000, most_emulated_work = 150'000'000;
#else
inline constexpr std::int64_t emulated_work = 2'000'000, most_emulated_work = 2'000'000'000;
#endif

/// Calls body(), which does `work` multiply-adds, under each of the emulator's schedules where `device` is emulated, else
/// once.
template <class Body>
void for_each_schedule([[maybe_unused]] Device device, const Body& body,
                       [[maybe_unused]] std::int64_t work = 0) {
#ifdef HYPERSPHERE_EMULATOR
  if (device == Device::cuda) {
    struct Restore {
      ~Restore() { emulator::set_schedule({}); }
    } restore;
    if (work > most_emulated_work) return;
    static std::size_t turn = 0;
    if (work > emulated_work) {
      emulator::set_schedule(emulator::schedules()[turn++ % emulator::schedules().size()]);
      body();
      return;
    }
    for (const emulator::Schedule& schedule : emulator::schedules()) {
      emulator::set_schedule(schedule);
      INFO("schedule: ", schedule.name());
      body();
    }
    return;
  }
#endif
  body();
}

}  // namespace hypersphere::test
