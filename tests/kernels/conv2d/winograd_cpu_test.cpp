// The CPU's Winograd convolution against the double-precision oracle: tiles cut in every way, the layers of SphereFace,
// activations far from zero, where the transforms cancel; and its fused epilogues.
#include "kernels/conv2d/winograd_cpu.h"

#include <optional>

#include "kernels/conv2d/algorithm_cpu.h"
#include "kernels/conv2d/kept_filters_cpu.h"
#include "kernels/cpu/parallel.h"
#include "kernels/prelu/prelu.h"
#include "tests/kernels/simd_targets.h"
#include "tests/reference/conv2d.h"
#include "tests/support.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

constexpr double bound = 1e-5;

// Large and all of one sign, as activations behind many residual sums are: a mean of 1000 times the spread's tenth.
Tensor large_activations(Shape shape) {
  Tensor tensor = random_tensor(shape, 10);
  for (float& value : tensor.span<float>()) value = 1000 + 10 * value;
  return tensor;
}

// `count` values of an oracle, spread over [0, size), and those of `out` there.
template <class At>
double sampled_error(const Tensor& out, const At& at, std::int64_t count = 400) {
  std::vector<double> found, expected;
  const std::int64_t step = std::max<std::int64_t>(1, out.size() / count) | 1;
  for (std::int64_t i = out.size() - 1; i >= 0; i -= step) {
    found.push_back(static_cast<double>(out.data<float>()[i]));
    expected.push_back(at(i));
  }
  return relative_error(found, expected);
}

void check_directions(const reference::Conv2d& c, cpu::WinogradTile tile, const Tensor& x, const Tensor& w,
                      const Tensor& dy) {
  CAPTURE(tile.y);
  CAPTURE(tile.x);
  const Conv2dOptions options{.stride = 1, .pad = c.pad};
  REQUIRE(cpu::winograd_applies(x.shape(), w.shape(), options));
  const auto vx = to_double(x), vw = to_double(w), vdy = to_double(dy);
  Tensor y = poisoned(dy.shape()), dx = poisoned(x.shape()), dw = poisoned(w.shape());
  cpu::winograd_forward(x, w, Tensor(), options, tile, y);
  CHECK(sampled_error(y, [&](std::int64_t i) { return c.forward_at(vx, vw, {}, i); }) < bound);
  cpu::winograd_backward_data(dy, w, Tensor(), options, tile, dx);
  CHECK(sampled_error(dx, [&](std::int64_t i) { return c.backward_data_at(vdy, vw, i); }) < bound);
  cpu::winograd_backward_weight(x, dy, options, tile, dw);
  CHECK(sampled_error(dw, [&](std::int64_t i) { return c.backward_weight_at(vx, vdy, i); }) < bound);
}

constexpr cpu::WinogradTile all_tiles[] = {{2, 2}, {2, 4}, {2, 6}, {4, 2}, {4, 4},
                                           {4, 6}, {6, 2}, {6, 4}, {6, 6}};

}  // namespace

TEST_CASE("winograd: every way to cut an image into tiles") {
  for_each_simd_target([] {
    for (std::int64_t height = 1; height <= 13; ++height)
      for (std::int64_t width = 1; width <= 13; width += height < 8 ? 1 : 3) {
        CAPTURE(height);
        CAPTURE(width);
        const reference::Conv2d c{2, height, width, 16, 32, 3, 3, 1, 1};
        const Tensor x = random_tensor({2, height, width, 16}), w = random_tensor({32, 3, 3, 16});
        const Tensor dy = random_tensor({2, height, width, 32});
        for (const cpu::WinogradTile tile : all_tiles) check_directions(c, tile, x, w, dy);
      }
  });
}

TEST_CASE("winograd: SphereFace's layers, ordinary and large activations") {
  for (const auto& [height, width, channels] :
       {std::array<std::int64_t, 3>{56, 48, 64}, {28, 24, 128}, {14, 12, 256}, {7, 6, 512}})
    for (const bool large : {false, true}) {
      CAPTURE(channels);
      CAPTURE(large);
      const Shape map{2, height, width, channels};
      const reference::Conv2d c{2, height, width, channels, channels, 3, 3, 1, 1};
      const Tensor x = large ? large_activations(map) : random_tensor(map);
      const Tensor dy = large ? large_activations(map) : random_tensor(map);
      const Tensor w = random_tensor({channels, 3, 3, channels}, 0.05f);
      for (const cpu::WinogradTile tile : {cpu::WinogradTile{4, 4}, {4, 6}, {6, 6}})
        check_directions(c, tile, x, w, dy);
    }
}

TEST_CASE("winograd: the gradient's epilogues are what the separate kernels compute") {
  // Few tiles (the outputs are shared out over threads) and many (the tiles are).
  for (const auto& [batch, height, width] : {std::array<std::int64_t, 3>{1, 5, 6}, {7, 14, 9}}) {
    CAPTURE(batch);
    const Shape map{batch, height, width, 48};
    const Tensor dy = random_tensor(map), w = random_tensor({48, 3, 3, 48}), before = random_tensor(map);
    const Tensor slope = random_tensor({48}), other = random_tensor(map);
    const Conv2dOptions options{.stride = 1, .pad = 1};
    Tensor dx = poisoned(map), sum = poisoned(map), dbefore = poisoned(map), dslope = poisoned({48});
    const cpu::WinogradTile tile{4, 6};
    cpu::winograd_backward_data(dy, w, Tensor(), options, tile, dx);
    cpu::winograd_backward_data(dy, w, other, options, tile, sum);
    cpu::winograd_backward_data_prelu(dy, w, before, slope, options, tile, dbefore, dslope);

    std::vector<double> expected = to_double(dx);
    for (std::int64_t i = 0; i < dx.size(); ++i)
      expected[static_cast<std::size_t>(i)] += static_cast<double>(other.data<float>()[i]);
    CHECK(relative_error(to_double(sum), expected) < 1e-6);
    Tensor one_by_one = poisoned(map), slope_sum = poisoned({48});
    prelu_backward(before, slope, dx, one_by_one, slope_sum);
    CHECK(relative_error(to_double(dbefore), to_double(one_by_one)) == 0);
    CHECK(relative_error(to_double(dslope), to_double(slope_sum)) < 1e-5);

    // The gradient of x another way may stand where the sum goes.
    Tensor in_place = other.clone();
    cpu::winograd_backward_data(dy, w, in_place, options, tile, in_place);
    CHECK(relative_error(to_double(in_place), to_double(sum)) == 0);
  }
}

TEST_CASE("conv2d on the cpu: outputs that are larger than the caches, by either algorithm") {
  const Shape map{3, 70, 81, 64};
  REQUIRE(map.size() * 4 >
          (std::int64_t{4} << 20));  // kernels/conv2d/epilogue-inl.h writes those its own way
  const Tensor x = random_tensor(map), w = random_tensor({64, 3, 3, 64}, 0.05f), slope = random_tensor({64});
  const reference::Conv2d c{map[0], map[1], map[2], 64, 64, 3, 3, 1, 1};
  const auto vx = to_double(x), vw = to_double(w);
  for (const bool direct : {false, true}) {
    CAPTURE(direct);
    std::optional<cpu::WithoutWinograd> guard;
    if (direct) guard.emplace();
    Tensor y = poisoned(map), before = poisoned(map), dx = poisoned(map), dbefore = poisoned(map);
    Tensor dslope = poisoned({64});
    conv2d_forward(x, w, Tensor(), {1, 1}, y);
    CHECK(sampled_error(y, [&](std::int64_t i) { return c.forward_at(vx, vw, {}, i); }) < bound);
    const Tensor sums = y.clone();
    conv2d_prelu_forward(x, w, Tensor(), slope, Tensor(), {1, 1}, before, y);
    CHECK(same_bits(before, sums));
    conv2d_backward_data(x, w, {1, 1}, dx);
    CHECK(sampled_error(dx, [&](std::int64_t i) { return c.backward_data_at(vx, vw, i); }) < bound);
    conv2d_backward_data_prelu(x, w, before, slope, {1, 1}, dbefore, dslope);
    Tensor expected = poisoned(map), expected_dslope = poisoned({64});
    prelu_backward(before, slope, dx, expected, expected_dslope);
    CHECK(same_bits(dbefore, expected));
  }
}

TEST_CASE("winograd: the same bits on one thread and on several") {
  const int threads = cpu::thread_count();
  const Shape map{5, 10, 11, 32};
  const Tensor x = random_tensor(map), w = random_tensor({32, 3, 3, 32}), slope = random_tensor({32});
  const Tensor dy = random_tensor(map);
  const auto run = [&](int count) {
    cpu::set_thread_count(count);
    std::vector<Tensor> out = {poisoned(map), poisoned(map), poisoned({32}), poisoned(w.shape())};
    cpu::winograd_forward(x, w, Tensor(), {1, 1}, {6, 4}, out[0]);
    cpu::winograd_backward_data_prelu(dy, w, x, slope, {1, 1}, {6, 4}, out[1], out[2]);
    cpu::winograd_backward_weight(x, dy, {1, 1}, {6, 4}, out[3]);
    cpu::set_thread_count(threads);
    return out;
  };
  const std::vector<Tensor> one = run(1);
  for (const int count : {2, 3, 7}) {
    CAPTURE(count);
    const std::vector<Tensor> several = run(count);
    for (std::size_t i = 0; i < one.size(); ++i) {
      CAPTURE(i);
      CHECK(relative_error(to_double(several[i]), to_double(one[i])) == 0);
    }
  }
}

TEST_CASE("winograd: not while it is switched off") {
  const Shape x{4, 12, 12, 32}, w{32, 3, 3, 32};
  const auto algorithm = [&] {
    return cpu::conv2d_choice(cpu::ConvDirection::forward, x, w, {1, 1}).algorithm;
  };
  CHECK(algorithm() == cpu::ConvAlgorithm::winograd);
  {
    const cpu::WithoutWinograd direct;
    CHECK(algorithm() == cpu::ConvAlgorithm::direct);
  }
  CHECK(algorithm() == cpu::ConvAlgorithm::winograd);
}

TEST_CASE("winograd: filters that are kept are those of the weights, and as good") {
  const Shape map{4, 12, 12, 32};
  const Tensor x = random_tensor(map), w = random_tensor({32, 3, 3, 32});
  Tensor other = random_tensor({32, 3, 3, 32}), fresh = poisoned(map), of_other = poisoned(map);
  cpu::winograd_forward(x, w, Tensor(), {1, 1}, {4, 6}, fresh);
  cpu::winograd_forward(x, other, Tensor(), {1, 1}, {4, 6}, of_other);
  const auto check = [&](const Tensor& weights, const Tensor& expected) {
    Tensor y = poisoned(map);
    cpu::winograd_forward(x, weights, Tensor(), {1, 1}, {4, 6}, y);
    CHECK(relative_error(to_double(y), to_double(expected)) == 0);
  };
  {
    const cpu::KeptFilters kept;
    for (int time = 0; time < 2; ++time) {
      const cpu::KeptFilters inner;  // the outer one serves on when this one is gone
      check(w, fresh);
      check(other, of_other);
    }
    // Kept, indeed: what is done to the weights now is not seen, until the filters are no longer kept.
    other.copy_from(w);
    check(other, of_other);
  }
  CHECK(cpu::KeptFilters::find(w, {4, 6}) == nullptr);
  check(other, fresh);
}

TEST_CASE("winograd: the choice between tile sizes and the direct convolution") {
  using enum cpu::ConvDirection;
  const auto name = [](cpu::ConvDirection direction, Shape x, std::int64_t out,
                       Conv2dOptions options = {1, 1}) {
    return cpu::conv2d_choice(direction, x, {out, 3, 3, x[3]}, options).name();
  };
  // SphereFace-20's layers, batch 32: where filters are large and images small, fewer points.
  CHECK(name(forward, {32, 56, 48, 64}, 64) == "winograd 6x6");
  CHECK(name(backward_data, {32, 28, 24, 128}, 128) == "winograd 6x6");
  CHECK(name(backward_weight, {32, 14, 12, 256}, 256) == "winograd 6x6");
  CHECK(name(forward, {32, 7, 6, 512}, 512) == "winograd 4x6");
  // One small image: transforming the filters would take longer than using them.
  CHECK(name(forward, {1, 3, 3, 512}, 512) == "direct");
  CHECK(name(forward, {32, 56, 48, 64}, 64, {2, 1}) == "direct");
  CHECK(name(forward, {32, 56, 48, 60}, 64) == "direct");  // not whole vectors
  CHECK(name(forward, {32, 112, 96, 3}, 64, {2, 1}) == "columns");
  // A tile that the image fits into is never worse than a larger one.
  const cpu::WinogradWork two{1, 2, 2, 64, 64};
  CHECK(cpu::winograd_cost({2, 2}, two) < cpu::winograd_cost({4, 4}, two));
}
