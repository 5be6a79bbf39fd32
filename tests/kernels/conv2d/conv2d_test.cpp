#include "kernels/conv2d/conv2d.h"

#include "tests/kernels/arithmetic.h"
#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/golden.h"
#include "tests/kernels/simd_targets.h"
#include "tests/reference/conv2d.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  reference::Conv2d conv;  // batch, height, width, in, out, kh, kw, stride, pad
  bool bias;
};

const Case cases[] = {
    // Without a bias, which may all but cancel the only product: then no relative error is small.
    {"one of everything", {1, 1, 1, 1, 1, 1, 1, 1, 0}, false},
    {"one pixel, 3x3", {2, 1, 1, 3, 5, 3, 3, 1, 1}, true},
    {"one pixel, stride 2", {2, 1, 1, 4, 4, 3, 3, 2, 1}, false},
    {"one channel in", {1, 5, 6, 1, 4, 3, 3, 1, 1}, true},
    {"one channel out", {1, 5, 6, 4, 1, 3, 3, 1, 1}, true},
    {"1x1", {2, 4, 3, 7, 5, 1, 1, 1, 0}, true},
    {"1x1, stride 2", {2, 5, 4, 3, 6, 1, 1, 2, 0}, false},
    {"1x1, stride 3 leaves pixels out", {1, 9, 8, 3, 2, 1, 1, 3, 0}, false},
    {"1x1 in the padding", {1, 2, 3, 2, 3, 1, 1, 1, 1}, true},
    {"5x5, pad 2", {1, 7, 6, 3, 4, 5, 5, 1, 2}, true},
    {"5x5, stride 2", {1, 9, 8, 3, 2, 5, 5, 2, 2}, false},
    {"5x5, stride 3, no pad", {1, 11, 9, 2, 3, 5, 5, 3, 0}, true},
    {"window as large as the image", {2, 4, 3, 5, 6, 4, 3, 1, 0}, true},
    {"window as large as the padded image", {1, 3, 3, 2, 3, 5, 5, 1, 1}, true},
    {"window wider than high", {1, 6, 7, 3, 4, 2, 5, 1, 1}, false},
    {"3x3, no pad", {1, 6, 7, 4, 4, 3, 3, 1, 0}, false},
    {"3x3, pad 2", {1, 4, 5, 3, 4, 3, 3, 1, 2}, true},
    {"3x3, stride 2, no pad, a column left over", {1, 6, 8, 3, 4, 3, 3, 2, 0}, true},
    {"3x3, stride 3", {2, 8, 7, 3, 4, 3, 3, 3, 1}, false},
    {"ragged in every way", {3, 13, 11, 19, 23, 3, 3, 1, 1}, true},
    {"ragged, stride 2", {3, 13, 11, 19, 23, 3, 3, 2, 1}, true},
    {"stride 2, few pixels, sums in several blocks", {1, 5, 7, 96, 40, 3, 3, 2, 1}, true},
    {"stride 2, several blocks of pixels and of sums", {1, 20, 23, 40, 20, 3, 3, 2, 1}, false},
    {"one row of pixels", {1, 1, 29, 8, 16, 3, 3, 1, 1}, false},
    {"one column of pixels", {1, 30, 1, 16, 8, 3, 3, 1, 1}, false},
    {"tiles of 4x4 with a border", {1, 10, 9, 64, 64, 3, 3, 1, 1}, true},
    {"64 channels, a 5x5 image", {2, 5, 5, 64, 128, 3, 3, 1, 1}, true},
    {"16 channels, one pixel", {1, 1, 1, 16, 16, 3, 3, 1, 1}, true},
    {"16 and 48 channels, no pad, cut tiles", {2, 11, 13, 16, 48, 3, 3, 1, 0}, true},
    {"32 and 16 channels, pad 2", {1, 6, 9, 32, 16, 3, 3, 1, 2}, true},
    {"80 channels, more than a strip", {1, 9, 6, 80, 80, 3, 3, 1, 1}, true},
    {"more tiles than are transformed at once", {1, 44, 44, 512, 16, 3, 3, 1, 1}, false},
    {"65 channels", {1, 8, 8, 65, 67, 3, 3, 1, 1}, true},
    {"few channels, more pixels than cuda's blocks take at once", {1, 188, 184, 3, 2, 1, 1, 1, 0}, true},
    // SphereFace-20's own layers.
    {"conv1_1", {2, 112, 96, 3, 64, 3, 3, 2, 1}, true},
    {"conv1_2", {2, 56, 48, 64, 64, 3, 3, 1, 1}, false},
    {"conv2_1", {1, 56, 48, 64, 128, 3, 3, 2, 1}, true},
    {"conv2_2", {2, 28, 24, 128, 128, 3, 3, 1, 1}, false},
    {"conv3_1", {1, 28, 24, 128, 256, 3, 3, 2, 1}, true},
    {"conv3_2", {2, 14, 12, 256, 256, 3, 3, 1, 1}, false},
    {"conv4_1", {2, 14, 12, 256, 512, 3, 3, 2, 1}, true},
    {"conv4_2", {2, 7, 6, 512, 512, 3, 3, 1, 1}, false},
};

struct Shapes {
  Shape x, w, y, bias;
  Conv2dOptions options;
};

Shapes shapes_of(const reference::Conv2d& c) {
  return {{c.batch, c.height, c.width, c.in},
          {c.out, c.kh, c.kw, c.in},
          {c.batch, c.out_height(), c.out_width(), c.out},
          {c.out},
          {c.stride, c.pad}};
}

}  // namespace

TEST_CASE("conv2d: forward and both backwards agree with the oracle") {
  for (const Arithmetic& arithmetic : arithmetics())
    for (const Case& c : cases) {
      INFO(c.name, " in ", arithmetic.name());
      const Arithmetic::Scope scope(arithmetic);
      const Shapes s = shapes_of(c.conv);
      REQUIRE(conv2d_output_shape(s.x, s.w, s.options) == s.y);
      const Tensor x = arithmetic.random(s.x), w = arithmetic.random(s.w), dy = arithmetic.random(s.y);
      const Tensor bias = c.bias ? random_tensor(s.bias).to(arithmetic.device) : Tensor();
      const Values vx = to_double(x), vw = to_double(w), vdy = to_double(dy);
      const Values vbias = c.bias ? to_double(bias) : Values{};
      const Expected y_wanted =
          expected(s.y.size(), [&](std::int64_t i) { return c.conv.forward_at(vx, vw, vbias, i); });
      const Expected dx_wanted =
          expected(s.x.size(), [&](std::int64_t i) { return c.conv.backward_data_at(vdy, vw, i); });
      const Expected dw_wanted =
          expected(s.w.size(), [&](std::int64_t i) { return c.conv.backward_weight_at(vx, vdy, i); });

      const auto run = [&] {
        Tensor y = arithmetic.poisoned(s.y), dx = arithmetic.poisoned(s.x);
        Tensor dw = poisoned(s.w).to(arithmetic.device);
        conv2d_forward(x, w, bias, s.options, y);
        conv2d_backward_data(dy, w, s.options, dx);
        conv2d_backward_weight(x, dy, s.options, dw);
        return std::vector{y, dx, dw};
      };
      const auto check = [&] {
        const std::vector<Tensor> result = run();
        CHECK(error_of(result[0], y_wanted) < arithmetic.bound());
        CHECK(error_of(result[1], dx_wanted) < arithmetic.bound());
        CHECK(error_of(result[2], dw_wanted) < bound);
      };
      if (arithmetic.device == Device::cpu) {
        for_each_simd_target(check);
        check_thread_counts(run);
      } else {
        for_each_schedule(arithmetic.device, check, 3 * s.y.size() * s.w.size() / s.w[0]);
      }
    }
}

TEST_CASE("conv2d: with PReLU and a residual sum") {
  for (const Arithmetic& arithmetic : arithmetics())
    for (const Case& c : cases) {
      const Shapes s = shapes_of(c.conv);
      if (s.y.size() * s.w.size() / s.w[0] > 2'000'000) continue;  // the sums themselves are tested above
      INFO(c.name, " in ", arithmetic.name());
      const Arithmetic::Scope scope(arithmetic);
      const Tensor x = arithmetic.random(s.x), w = arithmetic.random(s.w), residual = arithmetic.random(s.y);
      const Tensor bias = c.bias ? random_tensor(s.bias).to(arithmetic.device) : Tensor();
      const Tensor slope = random_tensor(s.bias).to(arithmetic.device);
      const Values sums = c.conv.forward(to_double(x), to_double(w), c.bias ? to_double(bias) : Values{});
      const Values vslope = to_double(slope), vresidual = to_double(residual);
      Values rectified = sums, total = sums;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        rectified[i] = sums[i] > 0 ? sums[i] : vslope[i % vslope.size()] * sums[i];
        total[i] = rectified[i] + vresidual[i];
      }
      const auto check = [&] {
        for (const bool added : {false, true})
          for (const bool kept : {false, true}) {
            INFO("residual ", added, ", before ", kept);
            Tensor before = kept ? arithmetic.poisoned(s.y) : Tensor(), y = arithmetic.poisoned(s.y);
            conv2d_prelu_forward(x, w, bias, slope, added ? residual : Tensor(), s.options, before, y);
            if (kept) CHECK(error_of(before, sums) < arithmetic.bound());
            CHECK(error_of(y, added ? total : rectified) < arithmetic.bound());
            if (!added) continue;
            Tensor in_place = residual.clone();
            conv2d_prelu_forward(x, w, bias, slope, in_place, s.options, before, in_place);
            CHECK(same_bits(in_place, y));
          }
      };
      if (arithmetic.device == Device::cpu)
        for_each_simd_target(check);
      else
        for_each_schedule(arithmetic.device, check);
    }
}

TEST_CASE("conv2d: the oracle's gradients are those of its output") {
  int checked = 0;
  for (const Case& c : cases) {
    if (c.conv.x_size() > 300 || c.conv.w_size() > 300) continue;  // differences cost a pass an entry
    INFO(c.name);
    const Shapes s = shapes_of(c.conv);
    const Values x = to_double(random_tensor(s.x)), w = to_double(random_tensor(s.w));
    const Values dy = to_double(random_tensor(s.y));
    const auto of_x = [&](const Values& p) { return reference::dot(dy, c.conv.forward(p, w, {})); };
    const auto of_w = [&](const Values& p) { return reference::dot(dy, c.conv.forward(x, p, {})); };
    CHECK(relative_error(c.conv.backward_data(dy, w), reference::central_difference(of_x, x)) < 1e-7);
    CHECK(relative_error(c.conv.backward_weight(x, dy), reference::central_difference(of_w, w)) < 1e-7);
    ++checked;
  }
  CHECK(checked >= 10);
}

TEST_CASE("conv2d: recorded reference") {
  for (const auto& entry : golden("ops.json")) {
    if (entry["op"] != "conv2d") continue;
    using Extents = std::vector<std::int64_t>;
    const auto x_shape = entry["x_shape"].get<Extents>(), w_shape = entry["weight_shape"].get<Extents>();
    const auto y_shape = entry["y_shape"].get<Extents>();
    const auto values = [&](const char* key, const Extents& shape) {
      return channels_last(entry[key].get<Values>(), shape);
    };
    const Conv2dOptions options{entry["stride"].get<std::int64_t>(), entry["pad"].get<std::int64_t>()};
    const Tensor x = from_double(values("x", x_shape), channels_last(x_shape));
    const Tensor w = from_double(values("weight", w_shape), channels_last(w_shape));
    const Tensor dy = from_double(values("dy", y_shape), channels_last(y_shape));
    const Tensor bias =
        entry["bias"].is_null() ? Tensor() : from_double(entry["bias"].get<Values>(), {w_shape[0]});
    Tensor y = poisoned(dy.shape()), dx = poisoned(x.shape()), dw = poisoned(w.shape());
    conv2d_forward(x, w, bias, options, y);
    conv2d_backward_data(dy, w, options, dx);
    conv2d_backward_weight(x, dy, options, dw);
    INFO(to_string(x.shape()), " with ", to_string(w.shape()));
    CHECK(error_of(y, values("y", y_shape)) < bound);
    CHECK(error_of(dx, values("dx", x_shape)) < bound);
    CHECK(error_of(dw, values("dweight", w_shape)) < bound);
  }
}

TEST_CASE("conv2d: unfit shapes are named") {
  const Tensor x = random_tensor({1, 4, 4, 3}), w = random_tensor({2, 3, 3, 3}),
               dy = random_tensor({1, 4, 4, 2});
  Tensor y = poisoned({1, 4, 4, 2}), dx = poisoned({1, 4, 4, 3}), dw = poisoned({2, 3, 3, 3});
  Tensor wrong = poisoned({1, 4, 3, 2}), undefined;
  const Conv2dOptions same{1, 1};
  CHECK_FAILS(conv2d_output_shape({1, 4, 4, 3}, {2, 3, 3, 4}, same), "conv2d: ");
  CHECK_FAILS(conv2d_output_shape({1, 4, 4}, {2, 3, 3, 4}, same), "conv2d: ");
  CHECK_FAILS(conv2d_output_shape({1, 2, 4, 3}, {2, 3, 3, 3}, {1, 0}), "conv2d: ");
  CHECK_FAILS(conv2d_output_shape({1, 4, 4, 3}, {2, 3, 3, 3}, {0, 1}), "conv2d: ");
  CHECK_FAILS(conv2d_output_shape({1, 4, 4, 3}, {2, 3, 3, 3}, {1, -1}), "conv2d: ");
  CHECK_FAILS(conv2d_forward(x, w, undefined, same, wrong), "conv2d_forward: expected y");
  CHECK_FAILS(conv2d_forward(x, w, random_tensor({3}), same, y), "conv2d_forward: expected bias");
  CHECK_FAILS(conv2d_forward(undefined, w, undefined, same, y), "conv2d");
  CHECK_FAILS(conv2d_backward_data(wrong, w, same, dx), "conv2d_backward_data: expected dy");
  CHECK_FAILS(conv2d_backward_data(dy, w, same, undefined), "conv2d");
  CHECK_FAILS(conv2d_backward_weight(x, wrong, same, dw), "conv2d_backward_weight: expected dy");
  CHECK_FAILS(conv2d_backward_weight(x, dy, same, undefined), "conv2d");
}
