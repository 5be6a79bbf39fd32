#include "apps/evaluation/verification.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tensor/error.h"
#include "tests/apps/evaluation/gallery.h"

namespace hypersphere {
namespace {

using doctest::Approx;
using test::Gallery;

TEST_CASE("verify: two folds by hand") {
  Gallery gallery;
  gallery.add(4, true, 0);
  gallery.add(3, true, 0);
  gallery.add(1, false, 0);
  gallery.add(0, false, 0);
  gallery.add(5, true, 1);
  gallery.add(1, true, 1);
  gallery.add(0, false, 1);
  gallery.add(3, false, 1);
  const Verification result = verify(gallery.input);

  REQUIRE(result.folds.size() == 2);
  CHECK_FALSE(result.tuned_on_test);
  // Fold 1 decides 3 of 4 correctly between 0 and 0.2 (k = 1..1999) and between 0.6 and 1 (k = 6001..9999).
  CHECK(result.folds[0].fold == 0);
  CHECK(result.folds[0].threshold ==
        Approx((1999 * 1000 + 3999 * 8000) / (1999.0 + 3999.0) / 10000).epsilon(1e-14));
  CHECK(result.folds[0].accuracy == 1);
  // Fold 0 is decided without an error between 0.2 and 0.6, which are ties themselves.
  CHECK(result.folds[1].threshold == 0.4);
  CHECK(result.folds[1].accuracy == 0.5);
  CHECK(result.mean == 0.75);
  CHECK(result.deviation == Approx(std::sqrt((0.25 * 0.25 + 0.25 * 0.25) / (2 - 1))));

  // Matched 1, 0.8, 0.6, 0.2; mismatched 0.6, 0.2, 0, 0: of 16 couples 13 in order and 2 tied.
  CHECK(result.auc == 14.0 / 16);
  CHECK(result.eer == 0.25);
  CHECK(result.tpr_at_fpr_1e2 == 0.5);
  CHECK(result.tpr_at_fpr_1e3 == 0.5);
  CHECK(result.best_threshold_accuracy == 0.75);
  CHECK(result.best_threshold == Approx(0.7));
  REQUIRE(result.roc.size() == 6);
  const double expected[6][3] = {{0, 0, 1},         {0, 0.25, 0.8}, {0, 0.5, 0.6},
                                 {0.25, 0.75, 0.2}, {0.5, 1, 0},    {1, 1, 0}};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(result.roc[i].fpr == expected[i][0]);
    CHECK(result.roc[i].tpr == expected[i][1]);
    CHECK(result.roc[i].threshold == Approx(expected[i][2]));
  }
  CHECK(result.roc[5].threshold < 0);  // strictly below the lowest similarity: accepts it too
  CHECK(result.similarities == std::vector<double>{.8, .8, .6, .6, .2, .2, 0, 0, 1, 1, .2, .2, 0, 0, .6, .6});
}

TEST_CASE("verify: a similarity at the threshold is wrong, whichever way the pair is") {
  Gallery gallery;
  gallery.add(4, true, 1);  // between 0.4 and 0.8: the threshold for fold 0 is exactly 0.6
  gallery.add(2, false, 1);
  gallery.add(3, true, 0);
  gallery.add(3, false, 0);
  gallery.add(4, true, 0);
  gallery.add(2, false, 0);
  gallery.add(1, false, 0);
  const Verification result = verify(gallery.input);
  CHECK(result.folds[0].threshold == 0.6);
  CHECK(result.folds[0].accuracy == 3.0 / 5);
}

TEST_CASE("verify: matched below mismatched, every pair wrong or the grid's ends") {
  Gallery gallery;
  gallery.add(-5, true, 0);
  gallery.add(5, false, 0);
  const Verification result = verify(gallery.input);
  // Nothing is right at -1 <= t <= 1: the matched pair is never strictly above, the mismatched never strictly
  // below.
  CHECK(result.folds[0].threshold == 0);
  CHECK(result.folds[0].accuracy == 0);
  CHECK(result.auc == 0);
  CHECK(result.eer == 1);
  CHECK(result.best_threshold_accuracy == 0.5);
  CHECK(result.tuned_on_test);
  CHECK(result.deviation == 0);
}

TEST_CASE("verify: perfect separation") {
  Gallery gallery;
  for (int fold = 0; fold < 3; ++fold) {
    gallery.add(4, true, fold);
    gallery.add(5, true, fold);
    gallery.add(1, false, fold);
    gallery.add(-3, false, fold);
  }
  const Verification result = verify(gallery.input);
  for (const FoldResult& fold : result.folds) {
    CHECK(fold.accuracy == 1);
    CHECK(fold.threshold == 0.5);
  }
  CHECK(result.mean == 1);
  CHECK(result.deviation == 0);
  CHECK(result.auc == 1);
  CHECK(result.eer == 0);
  CHECK(result.tpr_at_fpr_1e3 == 1);
  CHECK(result.best_threshold_accuracy == 1);
  CHECK(result.best_threshold == Approx(0.5));
}

TEST_CASE("verify: equal images have no direction once the mean is gone: similarity 0, nothing decided") {
  VerificationInput input{.features = {3, 4, 3, 4, 3, 4}, .dim = 2, .pairs = {}, .folds = 2};
  for (const int fold : {0, 1}) {
    input.pairs.push_back({0, 1, true, fold});
    input.pairs.push_back({1, 2, false, fold});
  }
  const Verification result = verify(input);
  for (const double similarity : result.similarities) CHECK(similarity == 0);
  // Every threshold but 0 decides half of the pairs; they average to 0, which decides none.
  CHECK(result.folds[0].threshold == 0);
  CHECK(result.mean == 0);
  CHECK(result.auc == 0.5);
  CHECK(result.eer == 0.5);
  CHECK(result.tpr_at_fpr_1e2 == 0);
  CHECK(result.best_threshold_accuracy == 0.5);
}

TEST_CASE("verify: the mean is that of the other folds' pair members, repeated images counted as often") {
  // Fold 1 holds a = (3, 0) twice, b = (1, 4), c = (1, 0): mean (2, 1). Counted once each it would be (5/3,
  // 4/3).
  VerificationInput input{.features = {3, 0, 1, 4, 1, 0, 3, 1, 5, 5}, .dim = 2, .pairs = {}, .folds = 2};
  input.pairs = {{3, 4, true, 0}, {3, 3, false, 0}, {0, 1, true, 1}, {0, 2, false, 1}};
  const Verification result = verify(input);
  CHECK(result.similarities[0] == Approx(0.6).epsilon(1e-14));  // (1, 0) and (3, 4)
  CHECK(result.similarities[1] == 1);
  // Fold 0's members are (3, 1) three times and (5, 5): mean (3.5, 2). (-0.5, -2) and (-2.5, 2).
  CHECK(result.similarities[2] == Approx((1.25 - 4) / std::sqrt(4.25 * 10.25)).epsilon(1e-14));
}

TEST_CASE("verify: EER between two points of the ROC, TPR below the wanted FPR") {
  Gallery gallery;  // from the top: m, m, x, m, x: (0, 2/3), (1/2, 2/3), (1/2, 1)
  gallery.add(5, true, 0);
  gallery.add(4, true, 0);
  gallery.add(3, false, 0);
  gallery.add(2, true, 0);
  gallery.add(1, false, 0);
  const Verification result = verify(gallery.input);
  CHECK(result.eer == Approx(1.0 / 3));  // on the level piece, where TPR = 2/3
  CHECK(result.auc == Approx(5.0 / 6));
  CHECK(result.best_threshold_accuracy == 0.8);
  CHECK(result.best_threshold == Approx(0.7));  // as good as 0.3, with fewer false acceptances
}

TEST_CASE("verify: rates at 1 % and 0.1 % with enough mismatched pairs to tell them apart") {
  // Of 2000 mismatched pairs 2 are at 1, 18 at 0.6, 2 at 0.2, the others below. Of 8 matched ones 2 are at
  // 0.8, 4 at 0.4, 2 at 0.
  Gallery gallery;
  gallery.add(5, false, 0);
  for (int i = 0; i < 9; ++i) gallery.add(3, false, 0);
  gallery.add(1, false, 0);
  for (int i = 0; i < 989; ++i) gallery.add(-1, false, 0);
  gallery.add(4, true, 0);
  gallery.add(2, true, 0);
  gallery.add(2, true, 0);
  gallery.add(0, true, 0);
  const Verification result = verify(gallery.input);
  CHECK(result.tpr_at_fpr_1e3 == 0.25);  // 2 of 2000 are 0.1 % exactly, which is allowed
  CHECK(result.tpr_at_fpr_1e2 == 0.75);  // 20 of 2000 are 1 %; the matched pair at 0 costs 22
}

TEST_CASE("verify: refuses what it cannot judge") {
  const VerificationInput good{
      .features = {1, 0, 0, 1, -1, 0},
      .dim = 2,
      .pairs = {{0, 1, true, 0}, {0, 2, false, 0}, {0, 1, true, 1}, {1, 2, false, 1}},
      .folds = 2};
  CHECK_NOTHROW(verify(good));
  const auto refuses = [&](auto change, const char* message) {
    VerificationInput bad = good;
    change(bad);
    CHECK_THROWS_WITH_AS(verify(bad), doctest::Contains(message), Error);
  };
  refuses([](auto& in) { in.features[3] = std::nan(""); }, "image 1 ");
  refuses([](auto& in) { in.features[4] = std::numeric_limits<double>::infinity(); }, "image 2 ");
  refuses([](auto& in) { in.dim = 0; }, "dimension");
  refuses([](auto& in) { in.features.pop_back(); }, "multiple");
  refuses([](auto& in) { in.pairs[2].second = 3; }, "pair 2 refers to image 3");
  refuses([](auto& in) { in.pairs[2].first = -1; }, "pair 2 refers to image -1");
  refuses([](auto& in) { in.pairs[1].fold = 2; }, "pair 1 is in fold 2");
  refuses([](auto& in) { in.folds = 3; }, "fold 2 of 3");
  refuses([](auto& in) { in.folds = 0; }, "at least one fold");
  refuses([](auto& in) { in.pairs[0].same = in.pairs[2].same = false; }, "0 matched of 4");
  refuses([](auto& in) { in.pairs[1].same = in.pairs[3].same = true; }, "4 matched of 4");
}

}  // namespace
}  // namespace hypersphere
