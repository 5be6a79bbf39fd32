// Recorded work does what the same work does at once, to the last bit, and keeps out of everyone else's memory.
#include "kernels/cuda/graph.h"

#include <doctest/doctest.h>

#include <optional>

#include "kernels/elementwise/elementwise.h"
#include "tensor/allocator.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"

namespace hypersphere {
namespace {

using test::random_tensor;
using test::same_bits;

bool skipped() {
  if (cuda::unavailable().empty()) return false;
  MESSAGE("skipped: " << cuda::unavailable());
  return true;
}

Tensor on_cuda(Shape shape) { return random_tensor(shape).to(Device::cuda); }

// out = 2 (a + b) + a, with memory of its own on the way.
void compute(const Tensor& a, const Tensor& b, Tensor& out) {
  Tensor sum = Tensor::empty(a.shape(), DType::f32, Device::cuda);
  add(a, b, sum);
  scale(2, sum);
  Tensor copy = sum.clone();
  sum = Tensor();  // its memory may serve again within the work
  Tensor total = Tensor::zeros(a.shape(), DType::f32, Device::cuda);
  add(copy, a, total);
  out.copy_from(total);
}

}  // namespace

TEST_CASE("graph: nothing is done when it is captured, and the same as at once when it is replayed") {
  if (skipped()) return;
  const Shape shape = {3, 517};
  Tensor a = on_cuda(shape), b = on_cuda(shape);
  Tensor direct = Tensor::empty(shape, DType::f32, Device::cuda), out = direct.clone();
  const Tensor before = out.clone();
  cuda::Graph graph;
  CHECK_FALSE(graph.captured());
  CHECK_FAILS(graph.replay(), "nothing was captured");
  graph.capture([&] { compute(a, b, out); });
  CHECK(graph.captured());
  CHECK(same_bits(out, before));
  for (int i = 0; i < 3; ++i) {
    graph.replay();
    compute(a, b, direct);
    CHECK(same_bits(out, direct));
    a.copy_from(random_tensor(shape));  // other values in the same place
    b.copy_from(direct);
  }
}

TEST_CASE("graph: captured again, with other arguments and with other work") {
  if (skipped()) return;
  Tensor x = Tensor::empty({64}, DType::f32, Device::cuda);
  cuda::Graph graph;
  for (const float value : {2.0f, 3.0f, -5.0f}) {
    graph.capture([&] { fill(value, x); });
    graph.replay();
    CHECK(same_bits(x, Tensor::full({64}, value)));
  }
  graph.capture([&] {
    fill(4, x);
    scale(2, x);
    Tensor twice = x.clone();
    add(x, twice, x);
  });
  graph.replay();
  CHECK(same_bits(x, Tensor::full({64}, 16)));
}

TEST_CASE("graph: its memory is nobody else's while it lives, and everyone's afterwards") {
  if (skipped()) return;
  const Shape shape = {33, 77};
  const Tensor a = on_cuda(shape), b = on_cuda(shape);
  Tensor out = Tensor::empty(shape, DType::f32, Device::cuda), direct = out.clone();
  compute(a, b, direct);
  std::optional<cuda::Graph> graph(std::in_place);
  graph->capture([&] { compute(a, b, out); });
  release_cached(Device::cuda);
  // As many tensors of that size as the work needs, and more.
  std::vector<Tensor> others, copies;
  for (int i = 0; i < 6; ++i) {
    others.push_back(on_cuda(shape));
    copies.push_back(others.back().to(Device::cpu));
  }
  graph->replay();
  CHECK(same_bits(out, direct));
  for (std::size_t i = 0; i < others.size(); ++i) CHECK(same_bits(others[i], copies[i]));
  const std::int64_t cached = allocator_stats(Device::cuda).bytes_cached;
  graph.reset();
#ifndef __SANITIZE_ADDRESS__
  CHECK(allocator_stats(Device::cuda).bytes_cached > cached);
#endif
  CHECK(allocator_stats(Device::cuda).bytes_cached >= cached);
}

TEST_CASE("graph: work that would wait for the device is refused, and the device goes on") {
  if (skipped()) return;
  Tensor x = on_cuda({10});
  const Tensor host = random_tensor({10});
  cuda::Graph graph;
  graph.capture([&] { fill(1, x); });
  CHECK_FAILS(graph.capture([&] { x.copy_from(host); }), "while a graph is captured");
  CHECK_FALSE(graph.captured());
  CHECK_FAILS(graph.capture([&] { x.to(Device::cpu); }), "while a graph is captured");
  CHECK_FAILS(graph.capture([&] { cuda::synchronise(); }), "while a graph is captured");
  CHECK_FAILS(graph.capture([&] {
    fill(1, x);
    fail("of its own");
  }),
              "of its own");
  CHECK_FALSE(graph.captured());
  CHECK_FAILS(graph.replay(), "nothing was captured");
  x.copy_from(host);
  CHECK(same_bits(x, host));
  graph.capture([&] { fill(7, x); });
  graph.replay();
  CHECK(same_bits(x, Tensor::full({10}, 7)));
}

TEST_CASE("graph: a build without CUDA says so") {
  if (cuda::unavailable().empty()) return;
  CHECK_FAILS(cuda::Graph(), "--device cpu");
}

}  // namespace hypersphere
