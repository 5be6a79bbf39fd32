// The quick verification against the protocol done word by word.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "apps/evaluation/verification.h"
#include "tests/apps/evaluation/gallery.h"
#include "tests/support.h"

namespace hypersphere {
namespace {

using doctest::Approx;
using test::Gallery;

// The rule of the protocol, threshold by threshold.
double slow_threshold(const std::vector<VerificationInput::Pair>& pairs,
                      const std::vector<double>& similarities, int excluded) {
  std::int64_t best = -1, sum = 0, count = 0;
  for (int k = -10000; k <= 10000; ++k) {
    const double t = k / 10000.0;
    std::int64_t right = 0;
    for (std::size_t p = 0; p < pairs.size(); ++p)
      if (pairs[p].fold != excluded) right += pairs[p].same ? similarities[p] > t : similarities[p] < t;
    if (right > best) best = right, sum = 0, count = 0;
    if (right == best) sum += k, ++count;
  }
  return static_cast<double>(sum) / static_cast<double>(10000 * count);
}

TEST_CASE("verify: equals the protocol done threshold by threshold, on random features") {
  for (const int folds : {1, 2, 5}) {
    CAPTURE(folds);
    constexpr int images = 40, dim = 7, count = 150;
    Random random(test::test_seed(),
                  random_stream(RandomUse::test, 1000 + static_cast<std::uint64_t>(folds)));
    VerificationInput input{.features = {}, .dim = dim, .pairs = {}, .folds = folds};
    for (int i = 0; i < images * dim; ++i) input.features.push_back(1 + random.normal());
    for (int p = 0; p < count; ++p) {
      // Never an image with itself: its cosine is 1 or a rounding away from it, and 1 is on the grid.
      const auto first = random.below(images), second = (first + 1 + random.below(images - 1)) % images;
      input.pairs.push_back(
          {static_cast<int>(first), static_cast<int>(second), random.below(2) == 1, p % folds});
    }
    const Verification result = verify(input);

    double accuracy_sum = 0;
    for (int fold = 0; fold < folds; ++fold) {
      const int excluded = folds == 1 ? -1 : fold;
      std::vector<double> mean(dim), similarities;
      double members = 0;
      for (const auto& pair : input.pairs) {
        if (pair.fold == excluded) continue;
        members += 2;
        for (const int image : {pair.first, pair.second})
          for (std::size_t i = 0; i < dim; ++i)
            mean[i] += input.features[static_cast<std::size_t>(image) * dim + i];
      }
      for (const auto& pair : input.pairs) {
        double ab = 0, aa = 0, bb = 0;
        for (std::size_t i = 0; i < dim; ++i) {
          const double a = input.features[static_cast<std::size_t>(pair.first) * dim + i] - mean[i] / members;
          const double b =
              input.features[static_cast<std::size_t>(pair.second) * dim + i] - mean[i] / members;
          ab += a * b, aa += a * a, bb += b * b;
        }
        similarities.push_back(ab / std::sqrt(aa * bb));
      }
      const double threshold = slow_threshold(input.pairs, similarities, excluded);
      double right = 0, judged = 0;
      for (std::size_t p = 0; p < input.pairs.size(); ++p) {
        if (input.pairs[p].fold != fold) continue;
        CHECK(result.similarities[p] == Approx(similarities[p]).epsilon(1e-12));
        right += input.pairs[p].same ? similarities[p] > threshold : similarities[p] < threshold;
        ++judged;
      }
      CHECK(result.folds[static_cast<std::size_t>(fold)].threshold == threshold);
      CHECK(result.folds[static_cast<std::size_t>(fold)].accuracy == right / judged);
      accuracy_sum += right / judged;
    }
    CHECK(result.mean == Approx(accuracy_sum / folds));

    double couples = 0, best = 0;
    double matched = 0, mismatched = 0;
    for (std::size_t p = 0; p < input.pairs.size(); ++p) {
      (input.pairs[p].same ? matched : mismatched) += 1;
      double above = 0, below = 0;  // accuracy of a threshold just below this similarity, and just above it
      for (std::size_t q = 0; q < input.pairs.size(); ++q) {
        const double s = result.similarities[p], t = result.similarities[q];
        below += input.pairs[q].same == (t >= s);
        above += input.pairs[q].same == (t > s);
        if (input.pairs[p].same && !input.pairs[q].same) couples += s > t ? 1 : s == t ? 0.5 : 0;
      }
      best = std::max({best, above / count, below / count});
    }
    CHECK(result.auc == Approx(couples / (matched * mismatched)).epsilon(1e-14));
    CHECK(result.best_threshold_accuracy == best);
    double at_best = 0;
    for (std::size_t q = 0; q < input.pairs.size(); ++q)
      at_best += input.pairs[q].same == (result.similarities[q] > result.best_threshold);
    CHECK(at_best / count == best);
  }
}

TEST_CASE("verify: similarities on the grid itself, threshold by threshold") {
  Random random(test::test_seed(), random_stream(RandomUse::test, 2000));
  for (int repeat = 0; repeat < 5; ++repeat) {
    Gallery gallery;
    gallery.add(3, true, 0);
    gallery.add(3, false, 0);
    for (int p = 0; p < 20; ++p) gallery.add(static_cast<int>(random.below(11)) - 5, random.below(2) == 1, 0);
    const Verification result = verify(gallery.input);
    CHECK(result.folds[0].threshold == slow_threshold(gallery.input.pairs, result.similarities, -1));
  }
}

}  // namespace
}  // namespace hypersphere
