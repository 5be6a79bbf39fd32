#include "kernels/softmax_cross_entropy/softmax_cross_entropy.h"

#include "tests/kernels/checks.h"
#include "tests/kernels/devices.h"
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
      INFO(c.name, " on ", std::string(to_string(device)));
      const Shape shape = {c.batch, c.classes};
      const Tensor logits = random_tensor(shape, c.scale), labels = random_labels(c.batch, c.classes);
      const Tensor dloss = Tensor::full({}, 0.75f);
      const Values values = to_double(logits);
      const reference::Labels classes = to_vector(labels);

      Tensor probabilities = poisoned(shape).to(device), loss = poisoned({}).to(device);
      Tensor dlogits = poisoned(shape).to(device);
      softmax_cross_entropy_forward(logits.to(device), labels.to(device), probabilities, loss);
      softmax_cross_entropy_backward(probabilities, labels.to(device), dloss.to(device), dlogits);
      CHECK(error_of(probabilities, reference::softmax(values, c.classes)) < bound);
      CHECK(error_of(loss, {reference::cross_entropy(values, classes, c.classes)}) < bound);
      CHECK(error_of(dlogits, reference::cross_entropy_backward(values, classes, c.classes, 0.75)) < bound);

      Tensor in_place = logits.to(device).clone();
      softmax_cross_entropy_forward(in_place, labels.to(device), in_place, loss);
      CHECK(same_bits(in_place, probabilities));
      softmax_cross_entropy_backward(in_place, labels.to(device), dloss.to(device), in_place);
      CHECK(same_bits(in_place, dlogits));

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
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const std::int64_t place : {0, 5, 11}) {
      Tensor logits = random_tensor({3, 4}), probabilities = poisoned({3, 4}), loss = Tensor::full({}, 0.0f);
      logits.data<float>()[place] = bad;
      softmax_cross_entropy_forward(logits, random_labels(3, 4), probabilities, loss);
      CHECK(std::isnan(*loss.data<float>()));
    }
}

TEST_CASE("count_correct: the first of several largest entries counts") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Tensor logits = Tensor::from<float>(
      std::vector<float>{1, 3, 2, /**/ 3, 3, 1, /**/ 3, 3, 1, /**/ 0, nan, 1, /**/ -2, -3, -1}, {5, 3});
  for (const Device device : devices()) {
    const auto count = [&](std::vector<std::int32_t> labels) {
      return count_correct(logits.to(device), Tensor::from(labels, {5}).to(device));
    };
    CHECK(count({1, 0, 1, 1, 2}) == 3);
    CHECK(count({1, 0, 0, 2, 0}) == 3);
    CHECK(count({0, 1, 2, 0, 1}) == 0);
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
  CHECK_FAILS(count_correct(logits, random_labels(3, 3)), "count_correct: ");
  for (const std::int32_t bad : {-1, 3}) {
    const Tensor out_of_range = Tensor::from<std::int32_t>(std::vector<std::int32_t>{0, bad}, {2});
    CHECK_FAILS(softmax_cross_entropy_forward(logits, out_of_range, p, loss), forward);
    CHECK_FAILS(softmax_cross_entropy_backward(logits, out_of_range, loss, p), backward);
    CHECK_FAILS(count_correct(logits, out_of_range), "count_correct: ");
  }
}
