// Face verification as SphereFace's authors evaluate it (wy1iu/sphereface, test/code/evaluation.m; LFW's
// "View 2"): are two photographs of the same person? Pure arithmetic on double vectors.
#pragma once

#include <cstdint>
#include <vector>

namespace hypersphere {

/// What verify() measures: features and the pairs of images to compare.
struct VerificationInput {
  /// A pair of images by their row in `features`, whether they show the same person, and its fold in [0,
  /// folds).
  struct Pair {
    int first = 0, second = 0;
    bool same = false;
    int fold = 0;
  };

  std::vector<double> features;  ///< row-major [images, dim]
  std::int64_t dim = 0;
  std::vector<Pair> pairs;
  int folds = 0;
};

/// One fold's accuracy with the threshold that the other folds chose.
struct FoldResult {
  int fold = 0;
  double accuracy = 0;  ///< share of the fold's pairs decided correctly, in [0, 1]
  double threshold = 0;
};

/// Rates when pairs strictly above `threshold` are accepted as the same person.
struct RocPoint {
  double fpr = 0;  ///< accepted share of the mismatched pairs
  double tpr = 0;  ///< accepted share of the matched pairs
  double threshold = 0;
};

/// All rates and accuracies are fractions in [0, 1].
struct Verification {
  std::vector<FoldResult> folds;
  double mean = 0;  ///< of the folds' accuracies: the number to report
  /// Sample standard deviation (divided by folds - 1) of the folds' accuracies: the folds stand for all the
  /// pairs that could have been drawn, and LFW's technical report defines it so. 0 where there is one fold.
  double deviation = 0;
  /// Whether there was one fold only, so that mean and threshold come from the pairs that are judged. The
  /// accuracy is too good then and must be called so where it is shown.
  bool tuned_on_test = false;

  // From here on: over all pairs together, each pair's similarity computed with its own fold's mean.
  double auc = 0;  ///< probability that a matched pair scores above a mismatched one; a tie counts half
  double eer = 0;  ///< where FPR = 1 - TPR, on straight lines between the ROC's points
  double tpr_at_fpr_1e2 =
      0;  ///< highest TPR at an FPR of 1 % or less; with fewer than 100 mismatched pairs, at 0
  double tpr_at_fpr_1e3 = 0;  ///< the same at 0.1 %
  /// Accuracy at the one threshold that is best for these very pairs (any real number, not only the grid's):
  /// an upper bound for comparisons, not an estimate for new pairs.
  double best_threshold_accuracy = 0;
  double best_threshold = 0;  ///< that threshold: midway between the similarities it separates
  std::vector<RocPoint> roc;  ///< from (0, 0) to (1, 1), one point a distinct similarity; fpr, tpr never fall
  std::vector<double> similarities;  ///< one a pair, in the order of the input's pairs
};

/// The protocol, for each fold f:
///  1. m = mean of both features of every pair of the other folds (an image in several pairs counts as
///  often);
///  2. similarity of a pair = cosine of (a - m) and (b - m); 0 where one of them is all zero;
///  3. over the thresholds t = k / 10000, k = -10000..10000, a matched pair counts as correct when strictly
///  above t,
///     a mismatched one when strictly below; the fold's threshold is the mean of all t that decide the most
///     pairs of the other folds correctly;
///  4. accuracy = share of the fold's own pairs decided correctly with that threshold, by the same strict
///  rule.
/// With one fold there are no others: m and the threshold come from the fold itself, and tuned_on_test says
/// so. Runs on OpenMP's threads; the result does not depend on how many there are. Throws Error where the
/// sizes disagree, an index or a fold is out of range, a fold has no pairs, there are no matched or no
/// mismatched pairs, or a feature is not finite (naming its image).
Verification verify(const VerificationInput& input);

}  // namespace hypersphere
