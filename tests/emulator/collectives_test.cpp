// Kernels without mistakes: what CUDA defines must come out under every schedule.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <thread>

#include "emulator/schedules.h"
#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launch.h"

using namespace hypersphere;
using namespace hypersphere::cuda;
using namespace hypersphere::test;

namespace {

void check_right(const std::function<bool()>& run) {
  for (const Outcome& outcome : under_all_schedules(run)) {
    INFO("schedule: ", outcome.schedule, ", report: ", outcome.report);
    CHECK(outcome.right);
  }
}

enum class Shuffle { index, exclusive_or, down, up };

__global__ void shuffle_kernel(Shuffle shuffle, unsigned parameter, unsigned width, int* out) {
  const int value = static_cast<int>(100 + threadIdx.x);
  int result = 0;
  switch (shuffle) {
    case Shuffle::index:
      result = __shfl_sync(whole_warp, value, parameter, width);
      break;
    case Shuffle::exclusive_or:
      result = __shfl_xor_sync(whole_warp, value, parameter, width);
      break;
    case Shuffle::down:
      result = __shfl_down_sync(whole_warp, value, parameter, width);
      break;
    case Shuffle::up:
      result = __shfl_up_sync(whole_warp, value, parameter, width);
      break;
  }
  out[threadIdx.x] = result;
}

// The lane that lane `l` reads, by the words of the CUDA C++ Programming Guide on each shuffle.
int source_lane(Shuffle shuffle, int l, int parameter, int width) {
  const int first = l / width * width;
  switch (shuffle) {
    case Shuffle::index:
      return first + parameter % width;
    case Shuffle::exclusive_or:  // lanes of an earlier segment can be read, of a later one not
      return (l ^ parameter) < first + width ? (l ^ parameter) : l;
    case Shuffle::down:
      return l + parameter < first + width ? l + parameter : l;
    case Shuffle::up:
      return l - parameter >= first ? l - parameter : l;
  }
  return -1;
}

__global__ void reduce_kernel(const float* in, float* sums, float* most, std::uint32_t* odd) {
  HYPERSPHERE_SHARED(float, partial, 32);
  const float value = in[blockIdx.x * blockDim.x + threadIdx.x];
  const float sum = block_sum(value, partial);
  const float greatest = warp_max(value);
  const std::uint32_t bits = __ballot_sync(whole_warp, static_cast<int>(value) % 2);
  if (threadIdx.x == 0) {
    sums[blockIdx.x] = sum;
    most[blockIdx.x] = greatest;
    odd[blockIdx.x] = bits;
  }
}

// The two halves of a warp go different ways, and lane 0 meets lane 2 first while lane 1 already waits for
// it.
__global__ void halves_kernel(int* out) {
  const unsigned lane = threadIdx.x;
  if (lane < 16)
    out[lane] = __shfl_sync(0x0000ffffu, static_cast<int>(lane), 15 - lane);
  else
    out[lane] = static_cast<int>(__ballot_sync(0xffff0000u, lane % 2 == 0));
  int met = -1;
  if (lane == 0 || lane == 2) met = __shfl_xor_sync(0x5u, static_cast<int>(lane), 2);
  if (lane == 0 || lane == 1) met += 10 * __shfl_xor_sync(0x3u, static_cast<int>(lane + 5), 1);
  out[32 + lane] = met;
}

// As many passes as threads over one shared array, each between barriers: a value wanders once around the
// block.
__global__ void rotate_kernel(const int* in, int* out) {
  HYPERSPHERE_DYNAMIC_SHARED(bytes);
  int* const ring = reinterpret_cast<int*>(bytes);
  const unsigned n = blockDim.x, t = threadIdx.x;
  int value = in[t];
  for (unsigned pass = 0; pass < n - 1; ++pass) {
    ring[(t + 1) % n] = value;
    __syncthreads();
    value = ring[t];
    __syncthreads();
  }
  out[t] = value;
}

__global__ void count_kernel(unsigned* total, int* last, const float* in, float* doubled) {
  const auto quad = load_vector<float4>(in + 4 * grid_thread());
  store_vector(doubled + 4 * grid_thread(), float4{2 * quad.x, 2 * quad.y, 2 * quad.z, 2 * quad.w});
  atomicAdd(total, 1);
  __threadfence();
  HYPERSPHERE_SHARED(unsigned, ticket, 1);
  if (threadIdx.x == 0) ticket[0] = atomicAdd(total + 1, 1);
  __syncthreads();
  if (ticket[0] == gridDim.x - 1 && threadIdx.x == 0) *last = static_cast<int>(*total);
}

}  // namespace

TEST_CASE("emulator: shuffles read the lanes that the guide names") {
  const DeviceArray<int> out(32);
  for (const Shuffle shuffle : {Shuffle::index, Shuffle::exclusive_or, Shuffle::down, Shuffle::up})
    for (const unsigned width : {1u, 4u, 16u, 32u})
      for (const unsigned parameter : {0u, 1u, 3u, 5u, 16u, 31u})
        check_right([&] {
          launch({"shuffle_kernel", {1}, 32}, shuffle_kernel, shuffle, parameter, width, out.get());
          bool right = true;
          for (int l = 0; l < 32; ++l)
            right &= out.values()[static_cast<std::size_t>(l)] ==
                     100 + source_lane(shuffle, l, static_cast<int>(parameter), static_cast<int>(width));
          return right;
        });
}

TEST_CASE("emulator: sums, maxima and ballots over warps and blocks") {
  std::vector<float> in;
  for (int i = 0; i < 3 * 1024; ++i) in.push_back(static_cast<float>(i * 37 % 101));
  const DeviceArray<float> values(in), sums(3), most(3);
  const DeviceArray<std::uint32_t> odd(3);
  for (const std::size_t block : {std::size_t{32}, std::size_t{96}, std::size_t{1024}})
    check_right([&] {
      launch({"reduce_kernel", {3}, static_cast<unsigned>(block)}, reduce_kernel, values.get(), sums.get(),
             most.get(), odd.get());
      bool right = true;
      for (std::size_t b = 0; b < 3; ++b) {
        float sum = 0, greatest = 0;
        std::uint32_t bits = 0;
        for (std::size_t t = 0; t < block; ++t) sum += in[b * block + t];
        for (std::size_t t = 0; t < 32; ++t) {
          greatest = std::max(greatest, in[b * block + t]);
          bits |= static_cast<std::uint32_t>(in[b * block + t]) % 2 << t;
        }
        right &= sums.values()[b] == sum && most.values()[b] == greatest && odd.values()[b] == bits;
      }
      return right;
    });
}

TEST_CASE("emulator: collectives of different masks in one warp") {
  const DeviceArray<int> out(64);
  check_right([&] {
    launch({"halves_kernel", {1}, 32}, halves_kernel, out.get());
    const std::vector<int> result = out.values();
    bool right = true;
    for (int l = 0; l < 32; ++l)
      right &= result[static_cast<std::size_t>(l)] == (l < 16 ? 15 - l : 0x55550000);
    const std::vector<int> met(result.begin() + 32, result.end());
    right &= met[0] == 62 && met[1] == 49 && met[2] == 0 && met[3] == -1;
    return right;
  });
}

TEST_CASE("emulator: many barriers, also with a warp that is not full") {
  for (const std::size_t block : {std::size_t{2}, std::size_t{40}, std::size_t{256}}) {
    std::vector<int> in(block);
    for (std::size_t t = 0; t < block; ++t) in[t] = static_cast<int>(t * t);
    const DeviceArray<int> values(in), out(block);
    check_right([&] {
      launch({"rotate_kernel", {1}, static_cast<unsigned>(block), block * sizeof(int)}, rotate_kernel,
             values.get(), out.get());
      bool right = true;
      for (std::size_t t = 0; t < block; ++t) right &= out.values()[t] == in[(t + 1) % block];
      return right;
    });
  }
}

TEST_CASE("emulator: integer atomics, the last block, vector access") {
  std::vector<float> in(4 * 5 * 48);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
  const DeviceArray<float> values(in), doubled(in.size());
  check_right([&] {
    const DeviceArray<unsigned> total(std::vector<unsigned>{0, 0});
    const DeviceArray<int> last(1);
    launch({"count_kernel", {5}, 48}, count_kernel, total.get(), last.get(), values.get(), doubled.get());
    bool right = last.values()[0] == 5 * 48;
    for (std::size_t i = 0; i < in.size(); ++i) right &= doubled.values()[i] == 2 * in[i];
    return right;
  });
}

TEST_CASE("emulator: every thread of every block runs once, whatever the extents") {
  using emulator::Extent3;
  check_right([] {
    std::map<std::array<unsigned, 6>, int> runs;
    emulator::run_grid("indices", Extent3{3, 2, 2}, Extent3{5, 3, 4}, 0, [&] {
      ++runs[{blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z}];
      if (gridDim.x != 3 || gridDim.y != 2 || gridDim.z != 2 || blockDim.x != 5 || blockDim.y != 3 ||
          blockDim.z != 4)
        emulator::kernel_error("wrong extents");
    });
    bool right = runs.size() == 3 * 2 * 2 * 5 * 3 * 4;
    for (const auto& [index, count] : runs)
      right &= count == 1 && index[0] < 3 && index[1] < 2 && index[2] < 2 && index[3] < 5 && index[4] < 3 &&
               index[5] < 4;
    return right;
  });
}

TEST_CASE("emulator: schedules give turns in the order that they are named for") {
  using emulator::Schedule;
  // The threads of two warps in the order of their turns before and behind a __syncwarp().
  const auto turns = [](Schedule schedule) {
    std::vector<int> order;
    emulator::set_schedule(schedule);
    emulator::run_grid("turns", {1}, {64}, 0, [&] {
      order.push_back(static_cast<int>(threadIdx.x));
      __syncwarp();
      order.push_back(static_cast<int>(threadIdx.x));
    });
    emulator::set_schedule({});
    return order;
  };
  const auto warps = [](const std::vector<int>& order) {
    std::string text;
    for (const int thread : order)
      if (const char warp = thread < 32 ? 'a' : 'b'; text.empty() || text.back() != warp) text += warp;
    return text;
  };
  std::vector<int> order = turns({Schedule::Order::forward, 0});
  CHECK(order.size() == 128);
  CHECK(std::vector<int>(order.begin(), order.begin() + 3) == std::vector<int>{0, 1, 2});
  CHECK(warps(order) == "abab");
  order = turns({Schedule::Order::reverse, 0});
  CHECK(std::vector<int>(order.begin(), order.begin() + 3) == std::vector<int>{63, 62, 61});
  CHECK(warps(order) == "baba");
  CHECK(warps(turns({Schedule::Order::warp_greedy, 0})) == "ab");
  CHECK(warps(turns({Schedule::Order::last_warp_greedy, 0})) == "ba");
  order = turns({Schedule::Order::shuffled, 1});
  CHECK(warps(order).size() > 10);
  CHECK(order == turns({Schedule::Order::shuffled, 1}));
  CHECK(order != turns({Schedule::Order::shuffled, 2}));
}

TEST_CASE("emulator: several host threads launch at once") {
  std::vector<std::thread> hosts;
  std::array<bool, 3> right = {};
  for (std::size_t h = 0; h < right.size(); ++h)
    hosts.emplace_back([&right, h] {
      const DeviceArray<int> values(std::vector<int>(64, static_cast<int>(h))), out(64);
      for (int run = 0; run < 20; ++run)
        launch({"rotate_kernel", {1}, 64, 256}, rotate_kernel, values.get(), out.get());
      right[h] = out.values() == values.values();
    });
  for (std::thread& host : hosts) host.join();
  for (const bool each : right) CHECK(each);
}

TEST_CASE("speed: a barrier, a shuffle and a start in a block of 256 threads" * doctest::skip()) {
  const auto measure = [](const char* what, double events, const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    MESSAGE(std::string(what) << ": " << time.count() / events << " ns a thread");
  };
  using emulator::Extent3;
  for (int run = 0; run < 2; ++run) {  // the first one makes the stacks
    measure("start and end", 256 * 2000.0, [] { emulator::run_grid("empty", {2000}, {256}, 0, [] {}); });
    measure("__syncthreads()", 256 * 4000.0, [] {
      emulator::run_grid("barriers", {1}, {256}, 0, [] {
        for (int i = 0; i < 4000; ++i) __syncthreads();
      });
    });
    measure("__shfl_xor_sync()", 256 * 4000.0, [] {
      emulator::run_grid("shuffles", {1}, {256}, 0, [] {
        float value = 1;
        for (unsigned i = 0; i < 4000; ++i) value = __shfl_xor_sync(whole_warp, value, i % 32);
      });
    });
    measure("threadIdx", 256 * 40000.0, [] {
      emulator::run_grid("indices", {1}, {256}, 0, [] {
        volatile unsigned sum = 0;
        for (unsigned i = 0; i < 40000; ++i) sum = sum + threadIdx.x;
      });
    });
  }
}
