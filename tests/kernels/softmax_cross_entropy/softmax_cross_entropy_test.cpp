#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
#include "tests/kernels/types.h"
#include "tests/reference/heads.h"

using namespace hypersphere;
using namespace hypersphere::test;

namespace {

struct Case {
  std::string name;
  std::int64_t batch, classes;
  float scale;  // of the logits
};

const Case cases[] = {
    {"one row, two classes", 1, 2, 1},     {"one class", 3, 1, 5},         {"ragged", 7, 13, 2},
    {"more rows than groups", 131, 5, 3},  {"large logits", 16, 10, 1e4f}, {"tiny logits", 5, 9, 1e-4f},
    {"SphereFace's classes", 6, 10572, 4},
};

reference::Labels to_vector(const Tensor& labels) {
  const auto span = labels.span<std::int32_t>();
  return {span.begin(), span.end()};
}

}  // namespace

TEST_CASE("softmax_cross_entropy: forward and backward agree with the oracle") {
  for (const Device device : devices())
    for (const Case& c : cases) {
      INFO(c.name, " on ", to_string(device));
      const Shape shape = {c.batch, c.classes};
      const Tensor logits = random_tensor(shape, c.scale), labels = random_labels(c.batch, c.classes);
      const Tensor dloss = Tensor::full({}, 0.75f);
      const Values values = to_double(logits);
      const reference::Labels classes = to_vector(labels);
      const Values expected_p = reference::softmax(values, c.classes);
      const double expected_loss = reference::cross_entropy(values, classes, c.classes);
      const Values expected_dlogits = reference::cross_entropy_backward(values, classes, c.classes, 0.75);
      const Tensor on_labels = labels.to(device), on_dloss = dloss.to(device);

      SameBits same;
      for_each_schedule(
          device,
          [&] {
            Tensor probabilities = poisoned_on(device, shape), loss = poisoned_on(device, {});
            Tensor dlogits = poisoned_on(device, shape);
            softmax_cross_entropy_forward(logits.to(device), on_labels, probabilities, loss);
            softmax_cross_entropy_backward(probabilities, on_labels, on_dloss, dlogits);
            CHECK(error_of(probabilities, expected_p) < bound);
            CHECK(error_of(loss, Values{expected_loss}) < bound);
            CHECK(error_of(dlogits, expected_dlogits) < bound);
            CHECK(same({probabilities, loss, dlogits}));

            Tensor in_place = logits.to(device).clone();
            softmax_cross_entropy_forward(in_place, on_labels, in_place, loss);
            CHECK(same_bits(in_place, probabilities));
            softmax_cross_entropy_backward(in_place, on_labels, on_dloss, in_place);
            CHECK(same_bits(in_place, dlogits));
          },
          work_of(shape));

      if (device == Device::cpu)
        check_thread_counts([&] {
          Tensor p = poisoned(shape), l = poisoned({}), d = poisoned(shape);
          softmax_cross_entropy_forward(logits, labels, p, l);
          softmax_cross_entropy_backward(p, labels, dloss, d);
          return std::vector{p, l, d};
        });
    }
}

TEST_CASE("softmax_cross_entropy: the oracle's gradient is that of its loss") {
  const Values logits = to_double(random_tensor({6, 5}));
  const reference::Labels labels = to_vector(random_labels(6, 5));
  const auto loss = [&](const Values& p) { return 0.75 * reference::cross_entropy(p, labels, 5); };
  CHECK(relative_error(reference::cross_entropy_backward(logits, labels, 5, 0.75),
                       reference::central_difference(loss, logits)) < 1e-7);
}

TEST_CASE("softmax_cross_entropy: a NaN or an infinite logit shows in the loss") {
  for (const Device device : devices())
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
      for (const std::int64_t classes : {4, 900})
        for (const std::int64_t place : {std::int64_t{0}, classes + 1, 3 * classes - 1}) {
          INFO(bad, " at ", place, " on ", to_string(device));
          Tensor logits = random_tensor({3, classes});
          Tensor probabilities = poisoned_on(device, {3, classes}), loss = Tensor::full({}, 0.0f).to(device);
          logits.data<float>()[place] = bad;
          softmax_cross_entropy_forward(logits.to(device), random_labels(3, classes).to(device),
                                        probabilities, loss);
          CHECK(std::isnan(to_double(loss)[0]));
        }
}

TEST_CASE("softmax_cross_entropy: classes at minus infinity have no share") {
  for (const Device device : devices()) {
    INFO("on ", to_string(device));
    Tensor logits = Tensor::full({1, 300}, -std::numeric_limits<float>::infinity()),
           loss = poisoned_on(device, {});
    logits.data<float>()[7] = 1;
    logits.data<float>()[250] = 1;
    Tensor probabilities = poisoned_on(device, {1, 300});
    softmax_cross_entropy_forward(logits.to(device),
                                  Tensor::from<std::int32_t>(std::vector<std::int32_t>{250}, {1}).to(device),
                                  probabilities, loss);
    Values expected(300, 0.0);
    expected[7] = expected[250] = 0.5;
    CHECK(error_of(probabilities, expected) < bound);
    CHECK(error_of(loss, Values{std::log(2.0)}) < bound);
  }
}

TEST_CASE("count_correct: the first of several largest entries counts") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor logits = Tensor::from<float>(
      std::vector<float>{1, 3, 2, /**/ 3, 3, 1, /**/ 3, 3, 1, /**/ 0, nan, 1, /**/ -2, -3, -1}, {5, 3});
  for (const Device device : devices()) {
    const auto count = [&](std::vector<std::int32_t> labels) {
      Tensor correct = Tensor::from<std::int32_t>(std::vector<std::int32_t>{-7}, {}).to(device);
      count_correct(logits.to(device), Tensor::from(labels, {5}).to(device), correct);
      return correct.to(Device::cpu).span<std::int32_t>()[0];
    };
    for_each_schedule(device, [&] {
      CHECK(count({1, 0, 1, 1, 2}) == 3);
      CHECK(count({1, 0, 0, 2, 0}) == 3);
      CHECK(count({0, 1, 2, 0, 1}) == 0);
    });
  }
}

TEST_CASE("count_correct: many rows of many classes") {
  for (const Device device : devices()) {
    const Tensor logits = random_tensor({300, 301});
    std::vector<std::int32_t> labels;
    for (std::int64_t row = 0; row < 300; ++row) {
      const auto values = logits.slice(row, 1);
      const auto span = values.span<float>();
      const auto largest = std::max_element(span.begin(), span.end()) - span.begin();
      labels.push_back(static_cast<std::int32_t>(row % 3 == 0 ? largest : (largest + row) % 301));
    }
    Tensor correct = Tensor::from<std::int32_t>(std::vector<std::int32_t>{-7}, {}).to(device);
    count_correct(logits.to(device), Tensor::from(labels, {300}).to(device), correct);
    CHECK(correct.to(Device::cpu).span<std::int32_t>()[0] == 100);
  }
}

TEST_CASE(
    "softmax_cross_entropy: on cuda, a label out of range makes the loss and its row of the gradient NaN") {
  for (const Device device : devices()) {
    if (device == Device::cpu) continue;
    for (const std::int32_t bad : {-1, 5, 2147483647, -2147483647}) {
      INFO("label ", bad);
      const Tensor logits = Tensor::full({3, 5}, 1.0f).to(device);
      const Tensor labels = Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, bad, 0}, {3}).to(device);
      Tensor p = poisoned_on(device, {3, 5}), loss = Tensor::full({}, 1.0f).to(device), dlogits = p.clone();
      Tensor correct = Tensor::from<std::int32_t>(std::vector<std::int32_t>{-7}, {}).to(device);
      softmax_cross_entropy_forward(logits, labels, p, loss);
      CHECK(std::isnan(to_double(loss)[0]));
      CHECK(error_of(p, Values(15, 0.2)) < bound);
      softmax_cross_entropy_backward(p, labels, Tensor::full({}, 3.0f).to(device), dlogits);
      const Values found = to_double(dlogits);
      for (std::size_t i = 0; i < found.size(); ++i) CHECK(std::isnan(found[i]) == (i / 5 == 1));
      count_correct(logits, labels, correct);
      CHECK(correct.to(Device::cpu).span<std::int32_t>()[0] == 2);
    }
  }
}

TEST_CASE("softmax_cross_entropy: unfit shapes and labels are named") {
  const Tensor logits = random_tensor({2, 3}), labels = random_labels(2, 3);
  Tensor p = poisoned({2, 3}), wrong = poisoned({2, 4}), loss = Tensor::full({}, 1.0f);
  constexpr const char* forward = "softmax_cross_entropy_forward: ";
  constexpr const char* backward = "softmax_cross_entropy_backward: ";
  CHECK_FAILS(softmax_cross_entropy_forward(logits, random_labels(3, 3), p, loss), forward);
  CHECK_FAILS(softmax_cross_entropy_forward(logits, labels, wrong, loss), forward);
  CHECK_FAILS(softmax_cross_entropy_forward(logits, labels, p, wrong), forward);
  CHECK_FAILS(softmax_cross_entropy_forward(random_tensor({6}), labels, p, loss), forward);
  CHECK_FAILS(softmax_cross_entropy_forward(poisoned({0, 3}), random_labels(0, 3), p, loss), forward);
  CHECK_FAILS(softmax_cross_entropy_backward(logits, labels, loss, wrong), backward);
  CHECK_FAILS(softmax_cross_entropy_backward(logits, labels, wrong, p), backward);
  Tensor correct = Tensor::zeros({}, DType::i32);
  CHECK_FAILS(count_correct(logits, random_labels(3, 3), correct), "count_correct: expected labels");
  CHECK_FAILS(count_correct(logits, labels, loss), "count_correct: expected correct");
  for (const std::int32_t bad : {-1, 3}) {
    const Tensor out_of_range = Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, bad}, {2});
    CHECK_FAILS(softmax_cross_entropy_forward(logits, out_of_range, p, loss), forward);
    CHECK_FAILS(softmax_cross_entropy_backward(logits, out_of_range, loss, p), backward);
    CHECK_FAILS(count_correct(logits, out_of_range, correct), "count_correct: expected labels");
  }
}
