#include "apps/evaluation/verification.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <utility>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using Pair = VerificationInput::Pair;

constexpr int grid = 10000;  // thresholds are k / grid, k = -grid..grid
constexpr double grid_threshold(int k) { return k / static_cast<double>(grid); }

std::span<const double> feature(const VerificationInput& input, int image) {
  const auto dim = static_cast<std::size_t>(input.dim);
  return std::span(input.features).subspan(static_cast<std::size_t>(image) * dim, dim);
}

void check(const VerificationInput& input) {
  expect(input.dim > 0, "verify: expected a positive dimension of the features, found {}", input.dim);
  const auto dim = static_cast<std::size_t>(input.dim);
  expect(input.features.size() % dim == 0, "verify: {} feature values are not a multiple of the dimension {}",
         input.features.size(), dim);
  const std::size_t images = input.features.size() / dim;
  for (std::size_t i = 0; i < input.features.size(); ++i)
    expect(std::isfinite(input.features[i]),
           "verify: the feature of image {} is not finite: value {} of it is {}", i / dim, i % dim,
           input.features[i]);

  expect(input.folds > 0, "verify: expected at least one fold, found {}", input.folds);
  std::vector<int> in_fold(static_cast<std::size_t>(input.folds));
  std::size_t matched = 0;
  for (std::size_t p = 0; p < input.pairs.size(); ++p) {
    const Pair& pair = input.pairs[p];
    for (const int image : {pair.first, pair.second})
      expect(image >= 0 && static_cast<std::size_t>(image) < images,
             "verify: pair {} refers to image {}, but there are {} images", p, image, images);
    expect(pair.fold >= 0 && pair.fold < input.folds, "verify: pair {} is in fold {}, but there are {} folds",
           p, pair.fold, input.folds);
    ++in_fold[static_cast<std::size_t>(pair.fold)];
    matched += pair.same;
  }
  const auto empty = std::find(in_fold.begin(), in_fold.end(), 0);
  expect(empty == in_fold.end(), "verify: fold {} of {} has no pairs", empty - in_fold.begin(), input.folds);
  expect(matched > 0 && matched < input.pairs.size(),
         "verify: expected matched and mismatched pairs, found {} matched of {}", matched,
         input.pairs.size());
}

// With one fold there are no others to learn from; it then teaches itself (see tuned_on_test).
bool teaches(const VerificationInput& input, int taught, const Pair& pair) {
  return input.folds == 1 || pair.fold != taught;
}

// For each fold, the mean over both members of the pairs that teach it.
std::vector<std::vector<double>> fold_means(const VerificationInput& input) {
  const auto folds = static_cast<std::size_t>(input.folds), dim = static_cast<std::size_t>(input.dim);
  std::vector<std::vector<double>> sums(folds, std::vector<double>(dim));
  std::vector<double> members(folds);
  for (const Pair& pair : input.pairs) {
    const auto fold = static_cast<std::size_t>(pair.fold);
    const auto a = feature(input, pair.first), b = feature(input, pair.second);
    for (std::size_t i = 0; i < dim; ++i) sums[fold][i] += a[i] + b[i];
    members[fold] += 2;
  }
  std::vector<std::vector<double>> means(folds, std::vector<double>(dim));
  for (std::size_t fold = 0; fold < folds; ++fold) {
    double count = 0;
    for (std::size_t other = 0; other < folds; ++other) {
      if (other == fold && folds > 1) continue;
      count += members[other];
      for (std::size_t i = 0; i < dim; ++i) means[fold][i] += sums[other][i];
    }
    for (double& value : means[fold]) value /= count;
  }
  return means;
}

double centred_cosine(std::span<const double> a, std::span<const double> b, std::span<const double> mean) {
  double ab = 0, aa = 0, bb = 0;
#pragma omp simd reduction(+ : ab, aa, bb)
  for (std::size_t i = 0; i < mean.size(); ++i) {
    const double x = a[i] - mean[i], y = b[i] - mean[i];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  const double lengths = std::sqrt(aa) * std::sqrt(bb);
  return lengths > 0 ? ab / lengths : 0;
}

bool correct(bool same, double similarity, double threshold) {
  return same ? similarity > threshold : similarity < threshold;
}

// The smallest k in [-grid, grid + 1] for which `holds(k / grid)`; `holds` is false, then true as k rises and
// turns near `guess`. It starts from the guess but trusts only the comparison, so that rounding cannot
// matter.
template <class Holds>
int first_threshold(double guess, Holds holds) {
  int k = static_cast<int>(std::clamp(std::ceil(guess * grid), -1.0 * grid, grid + 1.0));
  while (k > -grid && holds(grid_threshold(k - 1))) --k;
  while (k <= grid && !holds(grid_threshold(k))) ++k;
  return k;
}

// The mean of all grid thresholds that decide the most of the pairs that teach `fold` correctly. A matched
// pair is correct from the lowest threshold up to its similarity, a mismatched one from there to the highest:
// steps, summed.
double best_grid_threshold(const VerificationInput& input, const std::vector<double>& similarities,
                           int fold) {
  std::vector<std::int64_t> steps(2 * grid + 2);
  std::int64_t now = 0;  // correct pairs at the threshold that the sweep has reached
  for (std::size_t p = 0; p < input.pairs.size(); ++p) {
    const Pair& pair = input.pairs[p];
    if (!teaches(input, fold, pair)) continue;
    const double s = similarities[p];
    if (pair.same) {
      ++now;
      --steps[static_cast<std::size_t>(grid + first_threshold(s, [s](double t) { return t >= s; }))];
    } else {
      ++steps[static_cast<std::size_t>(grid + first_threshold(s, [s](double t) { return t > s; }))];
    }
  }
  std::int64_t most = -1, sum = 0, count = 0;
  for (int k = -grid; k <= grid; ++k) {
    now += steps[static_cast<std::size_t>(grid + k)];
    if (now > most) {
      most = now;
      sum = count = 0;
    }
    if (now == most) {
      sum += k;
      ++count;
    }
  }
  return static_cast<double>(sum) / static_cast<double>(count * grid);
}

// What a threshold accepts: it lies at the highest similarity that is rejected, `lowest` is the lowest
// accepted.
struct Operation {
  std::int64_t matched = 0, mismatched = 0;  // accepted pairs of each sort
  double threshold = 0, lowest = 0;
};

// Every set of pairs that a threshold can accept, from none to all.
std::vector<Operation> operations(const std::vector<Pair>& pairs, const std::vector<double>& similarities) {
  std::vector<std::pair<double, bool>> scored;
  for (std::size_t p = 0; p < pairs.size(); ++p) scored.emplace_back(similarities[p], pairs[p].same);
  std::sort(scored.begin(), scored.end(), std::greater<>());

  std::vector<Operation> all;
  Operation now{.threshold = scored.front().first, .lowest = scored.front().first};
  for (const auto& [similarity, same] : scored) {
    if (similarity < now.threshold || all.empty()) {
      now.lowest = now.threshold;
      now.threshold = similarity;
      all.push_back(now);
    }
    ++(same ? now.matched : now.mismatched);
  }
  now.lowest = now.threshold;
  now.threshold = std::nextafter(now.lowest, -std::numeric_limits<double>::infinity());
  all.push_back(now);
  return all;
}

// Probability that a matched pair scores above a mismatched one: the area under the ROC in whole numbers,
// where the trapezoid between two points counts the pairs tied there by half.
double area_under(const std::vector<Operation>& all) {
  std::int64_t twice = 0;
  for (std::size_t i = 1; i < all.size(); ++i)
    twice += (all[i].mismatched - all[i - 1].mismatched) * (all[i].matched + all[i - 1].matched);
  return static_cast<double>(twice) / (2.0 * static_cast<double>(all.back().matched * all.back().mismatched));
}

// FPR + TPR - 1 rises from -1 to 1; the equal error rate is the FPR where it is zero.
double equal_error_rate(const std::vector<RocPoint>& roc) {
  const auto balance = [](const RocPoint& point) { return point.fpr + point.tpr - 1; };
  for (std::size_t i = 1; i < roc.size(); ++i) {
    const double before = balance(roc[i - 1]), after = balance(roc[i]);
    if (after >= 0) return roc[i - 1].fpr + (roc[i].fpr - roc[i - 1].fpr) * (-before / (after - before));
  }
  return 1;  // not reached: the last point is (1, 1)
}

double tpr_at(const std::vector<RocPoint>& roc, double fpr) {
  double tpr = 0;
  for (const RocPoint& point : roc)
    if (point.fpr <= fpr) tpr = point.tpr;
  return tpr;
}

// Everything that is measured over all pairs together.
void pool(const std::vector<Pair>& pairs, Verification& result) {
  const std::vector<Operation> all = operations(pairs, result.similarities);
  const std::int64_t matched = all.back().matched, mismatched = all.back().mismatched;
  std::int64_t most = -1;
  for (const Operation& now : all) {
    result.roc.push_back({static_cast<double>(now.mismatched) / static_cast<double>(mismatched),
                          static_cast<double>(now.matched) / static_cast<double>(matched), now.threshold});
    const std::int64_t right = now.matched + mismatched - now.mismatched;
    if (right <= most) continue;
    most = right;
    const double midway = now.threshold + (now.lowest - now.threshold) / 2;
    result.best_threshold =
        midway < now.lowest ? midway : now.threshold;  // neighbouring numbers have no middle
  }
  result.best_threshold_accuracy = static_cast<double>(most) / static_cast<double>(matched + mismatched);
  result.auc = area_under(all);
  result.eer = equal_error_rate(result.roc);
  result.tpr_at_fpr_1e2 = tpr_at(result.roc, 1e-2);
  result.tpr_at_fpr_1e3 = tpr_at(result.roc, 1e-3);
}

}  // namespace

Verification verify(const VerificationInput& input) {
  check(input);
  const auto means = fold_means(input);
  const auto pairs = static_cast<std::int64_t>(input.pairs.size());
  Verification result;
  result.tuned_on_test = input.folds == 1;
  result.similarities.resize(input.pairs.size());

  std::vector<double> similarities(input.pairs.size());  // of all pairs, with the mean of the fold in hand
  for (int fold = 0; fold < input.folds; ++fold) {
    const std::vector<double>& mean = means[static_cast<std::size_t>(fold)];
#pragma omp parallel for schedule(static)
    for (std::int64_t p = 0; p < pairs; ++p) {
      const Pair& pair = input.pairs[static_cast<std::size_t>(p)];
      similarities[static_cast<std::size_t>(p)] =
          centred_cosine(feature(input, pair.first), feature(input, pair.second), mean);
    }
    const double threshold = best_grid_threshold(input, similarities, fold);
    double right = 0, judged = 0;
    for (std::size_t p = 0; p < input.pairs.size(); ++p) {
      const Pair& pair = input.pairs[p];
      if (pair.fold != fold) continue;
      result.similarities[p] = similarities[p];
      right += correct(pair.same, similarities[p], threshold);
      ++judged;
    }
    result.folds.push_back({fold, right / judged, threshold});
    result.mean += right / judged;
  }
  result.mean /= input.folds;
  if (input.folds > 1) {
    double squares = 0;
    for (const FoldResult& fold : result.folds)
      squares += (fold.accuracy - result.mean) * (fold.accuracy - result.mean);
    result.deviation = std::sqrt(squares / (input.folds - 1));
  }
  pool(input.pairs, result);
  return result;
}

}  // namespace hypersphere
