#include "apps/evaluation/class_ranks.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/kernels/checks.h"

namespace hypersphere::test {
namespace {

struct WeightedHead : Head {
  WeightedHead(HeadKind kind, const std::vector<float>& rows, std::int64_t classes)
      : Head({.kind = kind}, std::ssize(rows) / classes, classes) {
    initialise(1);
    Tensor(weight()).copy_from(Tensor::from(rows, weight().shape()));
  }
};

}  // namespace

TEST_CASE("classes_of: by name, -1 for strangers, no two of a name") {
  const std::vector<std::string> classes = {"Cy", "Ann", "Bob"};
  CHECK(classes_of({"Ann", "Zoe", "Cy", "Ann"}, classes) == std::vector<std::int32_t>{1, -1, 0, 1});
  CHECK(classes_of({}, classes).empty());
  CHECK_FAILS(classes_of({"Ann"}, {"Ann", "Bob", "Ann"}), "'Ann'");
}

TEST_CASE("class_ranks: the angle decides for the angular heads, product and bias for the plain softmax") {
  // (4,3) with the rows (1,0), (0,10), (3,4): cosines 0.8, 0.6, 0.96; products 4, 30, 24.
  const std::vector<float> weight = {1, 0, 0, 10, 3, 4};
  const Tensor three = Tensor::from(std::vector<float>{4, 3, 4, 3, 4, 3}, {3, 2});
  for (const HeadKind kind : {HeadKind::a_softmax, HeadKind::modified_softmax}) {
    const WeightedHead angular(kind, weight, 3);
    CHECK(class_ranks(angular, three, {0, 1, 2}) == std::vector<std::int64_t>{2, 3, 1});
    CHECK(best_classes(angular, three) == std::vector<std::int32_t>{2, 2, 2});
    CHECK(to_double(angular.weight())[3] == 10);  // the weights stay as they are
  }
  const WeightedHead plain(HeadKind::softmax, weight, 3);
  CHECK(class_ranks(plain, three, {0, 1, 2}) == std::vector<std::int64_t>{3, 1, 2});
  Tensor(plain.bias()).copy_from(Tensor::from(std::vector<float>{27, 0, 0}, {3}));  // 31, 30, 24
  CHECK(class_ranks(plain, three, {0, 1, 2}) == std::vector<std::int64_t>{1, 2, 3});
  CHECK(best_classes(plain, three) == std::vector<std::int32_t>{0, 0, 0});
}

TEST_CASE("class_ranks: a tie stands before the class") {
  const WeightedHead head(HeadKind::a_softmax, {0, 1, 1, 0, 0, 1, 0, -1}, 4);
  const Tensor rows = Tensor::from(std::vector<float>{0, 3, 0, 3, 0, 3, 0, 3}, {4, 2});
  CHECK(class_ranks(head, rows, {0, 1, 2, 3}) == std::vector<std::int64_t>{2, 3, 2, 4});
  CHECK(best_classes(head, rows) == std::vector<std::int32_t>{0, 0, 0, 0});
}

TEST_CASE("class_ranks: equals counting one by one, and agrees with the head's own count of correct rows") {
  constexpr std::int64_t rows = 1030, embedding = 12, classes = 37;  // more than one block
  for (const HeadKind kind : {HeadKind::a_softmax, HeadKind::softmax}) {
    Head head({.kind = kind}, embedding, classes);
    head.initialise(test_seed());
    const Tensor features = random_tensor({rows, embedding}), labels = random_labels(rows, classes);
    const std::vector<std::int32_t> own(labels.span<std::int32_t>().begin(),
                                        labels.span<std::int32_t>().end());
    const std::vector<std::int64_t> ranks = class_ranks(head, features, own);
    const std::vector<std::int32_t> best = best_classes(head, features);
    const std::vector<double> w = to_double(head.weight()), x = to_double(features);
    std::int64_t first = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      std::vector<double> logits;
      for (std::int64_t c = 0; c < classes; ++c) {
        double product = 0, length = 0;
        for (std::int64_t k = 0; k < embedding; ++k) {
          const double each = reference::at(w, c * embedding + k);
          product += reference::at(x, row * embedding + k) * each;
          length += each * each;
        }
        logits.push_back(kind == HeadKind::softmax ? product : product / std::sqrt(length));
      }
      const double mine = logits[static_cast<std::size_t>(own[static_cast<std::size_t>(row)])];
      std::int64_t surely = 0, perhaps = 0;
      for (const double logit : logits) {
        surely += logit > mine + 1e-4;
        perhaps += logit > mine - 1e-4;  // itself included
      }
      const std::int64_t rank = ranks[static_cast<std::size_t>(row)];
      CHECK(rank >= 1 + surely);
      CHECK(rank <= perhaps);
      CHECK((rank == 1) == (best[static_cast<std::size_t>(row)] == own[static_cast<std::size_t>(row)]));
      first += rank == 1;
    }
    const NoGradient no_gradient;
    CHECK(head.forward(Variable(features), labels, 5).correct.span<std::int32_t>()[0] == first);
  }
}

TEST_CASE("class_ranks: unusable input is named") {
  const WeightedHead head(HeadKind::a_softmax, {1, 0, 0, 1}, 2);
  const Tensor row = Tensor::from(std::vector<float>{1, 0}, {1, 2});
  CHECK_FAILS(class_ranks(head, row, {2}), "labels in [0, 2), found 2");
  CHECK_FAILS(class_ranks(head, row, {-1}), "found -1");
  CHECK_FAILS(class_ranks(head, row, {0, 1}), "found 2 labels");
  CHECK_FAILS(class_ranks(head, Tensor::full({1, 4}, 1), {0}), "[1, 2]");
  // What is not a number comes last, whatever its class.
  CHECK(class_ranks(head, Tensor::full({1, 2}, std::nanf("")), {0}) == std::vector<std::int64_t>{2});
}

TEST_CASE("verification by class by hand") {
  // Classes of five photographs: 0 and 1 and 4 alike. Of three matched pairs two are called the same, of two others one.
  const std::vector<std::int32_t> classes = {7, 7, 2, 3, 7};
  const ClassDecision decision = verify_by_class(
      classes, {{0, 1, true, 0}, {2, 3, true, 0}, {1, 4, true, 1}, {0, 4, false, 1}, {0, 3, false, 1}});
  CHECK(decision.accuracy == 3.0 / 5);
  CHECK(decision.tpr == 2.0 / 3);
  CHECK(decision.fpr == 1.0 / 2);
  CHECK_FAILS(verify_by_class(classes, {{0, 5, true, 0}}), "photograph 5, but there are 5");
  CHECK_FAILS(verify_by_class(classes, {{0, 1, true, 0}}), "found 1 and 0");
}

}  // namespace hypersphere::test
