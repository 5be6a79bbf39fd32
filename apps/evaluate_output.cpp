#include "apps/evaluate_output.h"

#include <fmt/core.h>

#include "apps/evaluation/verification_json.h"
#include "apps/report/console.h"
#include "apps/report/curves.h"
#include "apps/report/rank_curves.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

constexpr const char* baseline = "raw pixels";

// A figure of the network and, where there is one, the same of the baseline.
template <class Result, class Figure>
void print_line(const std::string& name, const Result& network, const Result* pixels, Figure&& figure,
                int width = 24) {
  tell("{:<{}}{:6.2f} %", name, width, 100 * figure(network));
  if (pixels) tell("   {} {:6.2f} %", baseline, 100 * figure(*pixels));
  tell("\n");
}

RocCurve roc_curve(const std::string& name, const Verification& result) {
  RocCurve curve{name, {}, {}};
  for (const RocPoint& point : result.roc) {
    curve.fpr.push_back(point.fpr);
    curve.tpr.push_back(point.tpr);
  }
  return curve;
}

Series rank_series(const std::string& name, const std::vector<double>& cmc) {
  Series series{.name = name, .x = {}, .y = cmc};
  for (std::size_t i = 0; i < cmc.size(); ++i) series.x.push_back(static_cast<double>(i + 1));
  return series;
}

Series distractor_series(const std::string& name, const Identification& result) {
  Series series{.name = name, .x = {}, .y = {}};
  for (const DistractorPoint& point : result.distractors) {
    series.x.push_back(static_cast<double>(point.distractors));
    series.y.push_back(point.rank1);
  }
  return series;
}

Series detection_series(const std::string& name, const Identification& result) {
  Series series{.name = name, .x = {}, .y = {}};
  for (const DetectionPoint& point : result.detection) {
    series.x.push_back(point.far);
    series.y.push_back(point.dir);
  }
  return series;
}

// The network's series and, where there is one, the baseline's.
template <class Result, class MakeSeries>
std::vector<Series> both(const std::string& name, const Result& network, const Result* pixels,
                         MakeSeries&& make) {
  std::vector<Series> series = {make(name, network)};
  if (pixels) series.push_back(make(baseline, *pixels));
  return series;
}

}  // namespace

void print_verification(const Verification& network, const Verification* pixels) {
  tell("fold   accuracy   threshold{}\n", pixels ? "   raw pixels" : "");
  for (std::size_t i = 0; i < network.folds.size(); ++i) {
    tell("{:4}   {:6.2f} %   {:9.4f}", network.folds[i].fold + 1, 100 * network.folds[i].accuracy,
         network.folds[i].threshold);
    if (pixels) tell("   {:8.2f} %", 100 * pixels->folds[i].accuracy);
    tell("\n");
  }
  tell("accuracy                {:6.2f} % +- {:.2f}", 100 * network.mean, 100 * network.deviation);
  if (pixels) tell("   raw pixels {:.2f} % +- {:.2f}", 100 * pixels->mean, 100 * pixels->deviation);
  tell("\n");
  print_line("best single threshold", network, pixels,
             [](const auto& v) { return v.best_threshold_accuracy; });
  print_line("AUC", network, pixels, [](const auto& v) { return v.auc; });
  print_line("EER", network, pixels, [](const auto& v) { return v.eer; });
  print_line("TPR at FPR 1e-2", network, pixels, [](const auto& v) { return v.tpr_at_fpr_1e2; });
  print_line("TPR at FPR 1e-3", network, pixels, [](const auto& v) { return v.tpr_at_fpr_1e3; });
  if (network.tuned_on_test)
    tell("note: one fold only, so the threshold was chosen on the pairs it is judged by\n");
}

nlohmann::json with_folds(const Verification& result) {
  nlohmann::json json = to_json(result);
  for (const FoldResult& fold : result.folds)
    json["folds"].push_back(
        {{"fold", fold.fold + 1}, {"accuracy", fold.accuracy}, {"threshold", fold.threshold}});
  return json;
}

void draw_verification(const std::string& name, const Verification& network, const Verification* pixels,
                       const std::filesystem::path& file) {
  std::vector<RocCurve> curves = {roc_curve(name, network)};
  if (pixels) curves.push_back(roc_curve(baseline, *pixels));
  draw_roc(curves, file);
}

void print_ranks(const std::vector<double>& network, const std::vector<double>* pixels) {
  tell("rank    network{}\n", pixels ? "   raw pixels" : "");
  for (std::size_t i = 0; i < network.size(); ++i) {
    tell("{:4}   {:6.2f} %", i + 1, 100 * network[i]);
    if (pixels) tell("   {:8.2f} %", 100 * (*pixels)[i]);
    tell("\n");
  }
}

void print_identification(const Identification& network, const Identification* pixels) {
  print_ranks(network.cmc, pixels ? &pixels->cmc : nullptr);
  constexpr int width = 28;
  print_line(
      "DIR at FAR 1 %", network, pixels, [](const auto& i) { return i.dir_at_far_1e2; }, width);
  print_line(
      "DIR at FAR 10 %", network, pixels, [](const auto& i) { return i.dir_at_far_1e1; }, width);
  for (std::size_t at = 0; at < network.distractors.size(); ++at)
    print_line(
        fmt::format("rank-1, {} distractors", network.distractors[at].distractors), network, pixels,
        [at](const auto& i) { return i.distractors[at].rank1; }, width);
}

nlohmann::json to_json(const Identification& result) {
  nlohmann::json json = {{"cmc", result.cmc},
                         {"dir_at_far_1e-2", result.dir_at_far_1e2},
                         {"dir_at_far_1e-1", result.dir_at_far_1e1},
                         {"distractors", nlohmann::json::array()},
                         {"detection", nlohmann::json::array()}};
  for (const DistractorPoint& point : result.distractors)
    json["distractors"].push_back({{"distractors", point.distractors}, {"rank1", point.rank1}});
  for (const DetectionPoint& point : result.detection)
    json["detection"].push_back({{"far", point.far}, {"dir", point.dir}, {"threshold", point.threshold}});
  return json;
}

void draw_ranks(const std::string& name, const std::vector<double>& network,
                const std::vector<double>* pixels, std::int64_t candidates,
                const std::filesystem::path& file) {
  const Panel panel = cmc_panel(both(name, network, pixels, rank_series), static_cast<double>(candidates));
  write_file_atomically(file, render_svg({panel}, 900, 420));
}

void draw_identification(const std::string& name, const Identification& network, const Identification* pixels,
                         std::int64_t candidates, const std::filesystem::path& file) {
  const auto ranks = [](const std::string& whose, const Identification& result) {
    return rank_series(whose, result.cmc);
  };
  std::vector<Panel> panels = {
      cmc_panel(both(name, network, pixels, ranks), static_cast<double>(candidates))};
  if (network.distractors.size() > 1)
    panels.push_back(distractor_panel(both(name, network, pixels, distractor_series)));
  panels.push_back(detection_panel(both(name, network, pixels, detection_series)));
  write_file_atomically(file, render_svg(panels, 900, 360));
}

}  // namespace hypersphere
