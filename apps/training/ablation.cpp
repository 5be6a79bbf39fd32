#include "apps/training/ablation.h"

#include <algorithm>
#include <utility>

#include "apps/report/console.h"
#include "apps/report/progress.h"
#include "tensor/error.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

template <class T>
void expect_distinct(const char* what, std::vector<T> values) {
  expect(!values.empty(), "ablation: no {} to train with", what);
  std::ranges::sort(values);
  expect(std::ranges::adjacent_find(values) == values.end(), "ablation: the {} hold a value twice", what);
}

std::int64_t multiply_adds(const AblationOptions& options, const AblationCell& cell) {
  return sphereface_size(training_options(options, cell).network).multiply_adds;
}

AblationResult to_result(const TrainingResult& run) {
  const Verification& verification = run.verification.value();
  return {.iterations = run.iterations,
          .seconds = run.seconds,
          .loss = run.loss,
          .accuracy = verification.mean,
          .best_threshold_accuracy = verification.best_threshold_accuracy,
          .auc = verification.auc,
          .tpr_at_fpr_1e2 = verification.tpr_at_fpr_1e2,
          .raw_pixels = run.raw_pixels,
          .tuned_on_test = verification.tuned_on_test};
}

class Ablation {
 public:
  Ablation(const AblationOptions& options, bool (*interrupted)())
      : options_(options), interrupted_(interrupted), folder_(options.out, options.settings) {
    for (const AblationCell& cell : cells_of(options)) cells_.push_back({cell, folder_.result(cell)});
  }

  std::vector<AblationOutcome> run() {
    announce();
    write_file_atomically(options_.out / "config.toml", options_.config);
    folder_.write_report(cells_);
    for (std::size_t i = 0; i < cells_.size() && !interrupted_(); ++i) {
      AblationOutcome& each = cells_[i];
      if (each.result) continue;
      const std::string title = title_of(i);
      each.result = train(each.cell, title);
      if (!each.result) break;  // interrupted
      folder_.keep(each.cell, *each.result);
      folder_.write_report(cells_);
      tell(each, title);
    }
    return cells_;
  }

 private:
  // "[3/14] a-softmax m=2, sphereface-10, seed 1"
  std::string title_of(std::size_t i) const {
    const AblationCell& cell = cells_[i].cell;
    return fmt::format("[{}/{}] {}, sphereface-{}, seed {}", i + 1, cells_.size(), head_name(cell),
                       cell.depth, cell.seed);
  }

  // Nothing for a cell that was interrupted.
  std::optional<AblationResult> train(const AblationCell& cell, const std::string& title) const {
    TrainingOptions training = training_options(options_, cell);
    training.resume = folder_.begun(cell);
    training.title = title;
    try {
      const TrainingResult result = run_training(training, interrupted_);
      if (!result.complete) return std::nullopt;
      return to_result(result);
    } catch (const Divergence& divergence) {
      return AblationResult{.divergence = divergence.what(),
                            .iterations = divergence.iterations,
                            .seconds = divergence.seconds};
    } catch (const Error& error) {
      fail("{}: {}", folder_name(cell), error.what());
    }
  }

  void announce() const {
    const auto done = std::ranges::count_if(cells_, [](const auto& each) { return each.result.has_value(); });
    note("{} networks to train, {} of them done{}", cells_.size(), done, time_left());
  }

  // What there is to say of the cells to come.
  std::string time_left() const {
    const std::optional<double> seconds = seconds_left(cells_, options_);
    if (!seconds) return "; how long the others take is judged by the first";
    return *seconds > 0 ? fmt::format("; about {} left", format_duration(*seconds)) : "";
  }

  void tell(const AblationOutcome& each, const std::string& title) const {
    const AblationResult& result = *each.result;
    const std::string outcome =
        each.figures() ? fmt::format("verification {:.2f} % after {} iterations, {}", 100 * result.accuracy,
                                     result.iterations, format_duration(result.seconds))
                       : "diverged at " + result.divergence;
    note("{}: {}{}", title, outcome, time_left());
  }

  const AblationOptions& options_;
  bool (*interrupted_)();
  AblationFolder folder_;
  std::vector<AblationOutcome> cells_;
};

}  // namespace

std::vector<AblationCell> cells_of(const AblationOptions& options) {
  expect_distinct("nets", options.depths);
  expect_distinct("heads", options.heads);
  expect_distinct("seeds", options.seeds);
  std::vector<AblationCell> cells;
  for (const std::uint64_t seed : options.seeds)
    for (const int depth : options.depths)
      for (const HeadKind head : options.heads) {
        const std::string name(to_string(head));
        if (head != HeadKind::a_softmax) {
          cells.push_back({depth, name, 0, seed});
          continue;
        }
        expect_distinct("margins", options.margins);
        for (const int margin : options.margins) cells.push_back({depth, name, margin, seed});
      }
  return cells;
}

TrainingOptions training_options(const AblationOptions& options, const AblationCell& cell) {
  TrainingOptions training = options.training;
  training.network.depth = cell.depth;
  training.head.kind = parse_head(cell.head);
  if (cell.margin > 0) training.head.margin = cell.margin;
  training.seed = cell.seed;
  training.out = options.out / folder_name(cell);
  training.resume = false;
  training.config += fmt::format("net=\"sphereface-{}\"\nhead=\"{}\"\nmargin={}\nseed={}\n", cell.depth,
                                 cell.head, training.head.margin, cell.seed);
  return training;
}

std::optional<double> seconds_left(const std::vector<AblationOutcome>& cells,
                                   const AblationOptions& options) {
  double seconds = 0, work = 0, work_left = 0;
  std::int64_t left = 0;
  for (const AblationOutcome& each : cells) {
    const auto size = static_cast<double>(multiply_adds(options, each.cell));
    if (const AblationResult* const figures = each.figures()) {
      seconds += figures->seconds;
      work += size;
    } else if (!each.result) {
      work_left += size;
      ++left;
    }
  }
  if (options.training.budget.minutes)
    return static_cast<double>(left) * 60 * *options.training.budget.minutes;
  if (left == 0) return 0;
  if (work == 0) return std::nullopt;
  return seconds * work_left / work;
}

std::vector<AblationOutcome> run_ablation(const AblationOptions& options, bool (*interrupted)()) {
  expect(options.training.hold_out > 0 || !options.training.val_pairs.empty(),
         "ablation: no pairs to verify on; give --val-pairs or --hold-out");
  return Ablation(options, interrupted).run();
}

}  // namespace hypersphere
