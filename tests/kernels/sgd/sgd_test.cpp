#include "kernels/sgd/sgd.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"
#include "tests/reference/basic.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Sized {
  Shape shape;
  float rate_multiplier = 1, decay_multiplier = 1;
};

struct Case {
  std::string name;
  SgdOptions options;
  std::vector<Sized> parameters;
};

std::vector<Case> cases() {
  std::vector<Case> all = {
      {"none", {}, {}},
      {"one element", {}, {{{1}}}},
      {"ragged", {}, {{{3, 5, 7}}}},
      {"no momentum", {.learning_rate = 0.5f, .momentum = 0, .weight_decay = 0.01f}, {{{33}}}},
      {"no decay", {.learning_rate = 0.2f, .momentum = 0.9f, .weight_decay = 0}, {{{130}}}},
      {"rate of zero", {.learning_rate = 0, .momentum = 0.9f, .weight_decay = 5e-4f}, {{{65}}}},
      {"large enough for threads", {}, {{{64, 3, 3, 64}}}},
      {"multipliers",
       {.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.3f},
       {{{16385}}, {{5}, 2, 0}, {{0}}, {{7}, 0.5f, 3}, {{1}, 0, 1}}},
      {"more than a launch takes", {}, {}},
  };
  for (int i = 0; i < 131; ++i)
    all.back().parameters.push_back({{1 + i % 9}, static_cast<float>(1 + i % 3), static_cast<float>(i % 2)});
  return all;
}

std::vector<SgdParameter> drawn(const std::vector<Sized>& sizes, Device device) {
  std::vector<SgdParameter> parameters;
  for (const auto& [shape, rate, decay] : sizes)
    parameters.push_back({random_tensor(shape).to(device), random_tensor(shape).to(device),
                          random_tensor(shape).to(device), rate, decay});
  return parameters;
}

std::vector<SgdParameter> copied(const std::vector<SgdParameter>& from) {
  std::vector<SgdParameter> parameters = from;
  for (SgdParameter& one : parameters) one.w = one.w.clone(), one.v = one.v.clone();
  return parameters;
}

std::vector<Tensor> changed(const std::vector<SgdParameter>& parameters) {
  std::vector<Tensor> tensors;
  for (const SgdParameter& one : parameters) tensors.push_back(one.w), tensors.push_back(one.v);
  return tensors;
}

bool same(const std::vector<SgdParameter>& a, const std::vector<SgdParameter>& b) {
  const std::vector<Tensor> left = changed(a), right = changed(b);
  for (std::size_t i = 0; i < left.size(); ++i)
    if (!same_bits(left[i], right[i])) return false;
  return true;
}

}  // namespace

TEST_CASE("sgd: three steps agree with the oracle") {
  for (const Device device : devices())
    for (const Case& c : cases()) {
      INFO(c.name, " on ", to_string(device));
      const std::vector<SgdParameter> start = drawn(c.parameters, device);
      Values expected;  // of all parameters, w and v: one number alone may be close to 0
      for (const SgdParameter& one : start) {
        Values w = to_double(one.w), v = to_double(one.v);
        for (int step = 0; step < 3; ++step)
          reference::sgd_update(to_double(one.g),
                                static_cast<double>(c.options.learning_rate * one.rate_multiplier),
                                static_cast<double>(c.options.momentum),
                                static_cast<double>(c.options.weight_decay * one.decay_multiplier), w, v);
        expected.insert(expected.end(), w.begin(), w.end());
        expected.insert(expected.end(), v.begin(), v.end());
      }
      SameBits same_as_first;
      for_each_schedule(
          device,
          [&] {
            const std::vector<SgdParameter> parameters = copied(start);
            for (int step = 0; step < 3; ++step) sgd_update(parameters, c.options);
            Values found;
            for (const Tensor& tensor : changed(parameters))
              for (const double value : to_double(tensor)) found.push_back(value);
            CHECK(relative_error(found, expected) < bound);
            CHECK(same_as_first(changed(parameters)));
          },
          work_of({std::ssize(expected)}));
    }
}

TEST_CASE("sgd: a guard that is not finite keeps everything as it is") {
  const float infinity = std::numeric_limits<float>::infinity(),
              nan = std::numeric_limits<float>::quiet_NaN();
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const std::vector<SgdParameter> start = drawn({{{16385}}, {{3}}}, device);
    std::vector<SgdParameter> updated = copied(start);
    sgd_update(updated, {});
    const auto guarded = [&](const Tensor& guard) {
      std::vector<SgdParameter> parameters = copied(start);
      sgd_update(parameters, {}, guard.to(device));
      return parameters;
    };
    for (const float bad : {infinity, -infinity, nan}) {
      CHECK(same(guarded(Tensor::full({}, bad)), start));
      CHECK(same(guarded(Tensor::from<float>(std::vector<float>{1, bad}, {2})), start));
      CHECK(same(guarded(Tensor::from<float>(std::vector<float>{bad, 1}, {2})), start));
    }
    for (const float good : {0.0f, -1.0f, std::numeric_limits<float>::max(), 1e-40f})
      CHECK(same(guarded(Tensor::full({}, good)), updated));
    CHECK(same(guarded(Tensor::full({0}, 1.0f)), updated));
  }
}

TEST_CASE("sgd: tensors that are views") {
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    const Tensor w = random_tensor({40}).to(device), v = random_tensor({40}).to(device),
                 g = random_tensor({40}).to(device);
    const auto update = [&](std::int64_t offset) {
      const Tensor all_w = w.clone(), all_v = v.clone();
      const std::vector<SgdParameter> views = {
          {all_w.slice(offset, 37), all_v.slice(offset, 37), g.slice(offset, 37)}};
      sgd_update(views, {});
      return all_w;
    };
    const Tensor at_1 = update(1);
    CHECK(same_bits(at_1.slice(0, 1), w.slice(0, 1)));
    CHECK(same_bits(at_1.slice(38, 2), w.slice(38, 2)));
    CHECK(same_bits(at_1.slice(4, 33), update(0).slice(4, 33)));
    CHECK_FALSE(same_bits(at_1.slice(1, 1), w.slice(1, 1)));
  }
}

TEST_CASE("sgd: the same bits on any number of threads") {
  for (const Case& c : cases()) {
    INFO(c.name);
    const std::vector<SgdParameter> start = drawn(c.parameters, Device::cpu);
    check_thread_counts([&] {
      const std::vector<SgdParameter> parameters = copied(start);
      sgd_update(parameters, c.options);
      return changed(parameters);
    });
  }
}

TEST_CASE("sgd: unfit tensors are named") {
  const Tensor four = random_tensor({4}), five = random_tensor({5});
  const auto update = [](const Tensor& w, const Tensor& v, const Tensor& g, const Tensor& guard = Tensor()) {
    const std::vector<SgdParameter> parameters = {{w, v, g}};
    sgd_update(parameters, {}, guard);
  };
  CHECK_FAILS(update(four, four, five), "sgd_update: expected g");
  CHECK_FAILS(update(four, five, four), "sgd_update: expected v");
  CHECK_FAILS(update(Tensor(), four, four), "sgd_update: expected w");
  CHECK_FAILS(update(four, four, four, Tensor::zeros({}, DType::i32)), "sgd_update: expected guard");
}
