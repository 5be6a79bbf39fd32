#include "apps/report/ablation_table.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tensor/error.h"

namespace hypersphere {
namespace {

using nlohmann::json;

std::string percent(double fraction) {
  return std::isfinite(fraction) ? fmt::format("{:.2f}", 100 * fraction) : "";
}

std::string percent(const Spread& spread) {
  return std::isfinite(spread.deviation)
             ? fmt::format("{} ± {}", percent(spread.mean), percent(spread.deviation))
             : percent(spread.mean);
}

std::string seeds_of(const AblationRow& row) {
  const int finished = row.spread(&AblationResult::accuracy).count, diverged = row.diverged();
  std::string text = fmt::format("{}", finished);
  if (finished < std::ssize(row.cells)) text += fmt::format(" of {}", row.cells.size());
  if (diverged > 0) text += fmt::format(", {} diverged", diverged);
  return text;
}

// A seed's accuracy, "diverged", or `absent` where the cell has no result yet.
std::string accuracy_of(const AblationOutcome& cell, const char* absent, std::string (*text)(double)) {
  if (!cell.result) return absent;
  return cell.figures() ? text(cell.figures()->accuracy) : "diverged";
}

std::string each_seed(const AblationRow& row) {
  std::string text;
  for (const AblationOutcome& each : row.cells)
    text += (text.empty() ? "" : ", ") + accuracy_of(each, "-", percent);
  return text;
}

// The shortest text that is read back as this number.
std::string exact(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

std::string net_of(const AblationCell& cell) { return fmt::format("sphereface-{}", cell.depth); }
std::string margin_of(const AblationCell& cell) {
  return cell.margin > 0 ? fmt::format("{}", cell.margin) : "";
}

template <class T>
T value(const json& row, const char* key) {
  try {
    return row.at(key).get<T>();
  } catch (const json::exception&) {
    fail("result: expected {} as \"{}\", found {}", std::is_same_v<T, bool> ? "true or false" : "a value",
         key, row.is_object() && row.contains(key) ? row[key].dump() : "none");
  }
}

}  // namespace

Table ablation_table(const std::vector<AblationRow>& rows) {
  Table table;
  table.columns = {"net",
                   "head",
                   "m",
                   "seeds",
                   "accuracy, %",
                   "each seed, %",
                   "best threshold, %",
                   "AUC, %",
                   "TPR at FPR 1e-2, %",
                   "final loss",
                   "iterations"};
  for (const AblationRow& row : rows) {
    const auto number = [](double value, int digits) {
      return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "";
    };
    table.rows.push_back(
        {net_of(row.first()), row.first().head, margin_of(row.first()), seeds_of(row),
         percent(row.spread(&AblationResult::accuracy)), each_seed(row),
         percent(row.spread(&AblationResult::best_threshold_accuracy)),
         percent(row.spread(&AblationResult::auc)), percent(row.spread(&AblationResult::tpr_at_fpr_1e2)),
         number(row.spread(&AblationResult::loss).mean, 3), number(row.iterations().mean, 0)});
  }
  return table;
}

Table ablation_csv(const std::vector<AblationRow>& rows) {
  constexpr std::pair<const char*, double AblationResult::*> figures[] = {
      {"accuracy", &AblationResult::accuracy},
      {"best_threshold_accuracy", &AblationResult::best_threshold_accuracy},
      {"auc", &AblationResult::auc},
      {"tpr_at_fpr_1e-2", &AblationResult::tpr_at_fpr_1e2},
      {"loss", &AblationResult::loss}};
  std::vector<std::uint64_t> seeds;
  for (const AblationRow& row : rows)
    for (const AblationOutcome& each : row.cells)
      if (std::ranges::find(seeds, each.cell.seed) == seeds.end()) seeds.push_back(each.cell.seed);

  Table table;
  table.columns = {"net", "head", "margin", "seeds", "finished", "diverged"};
  for (const auto& [name, figure] : figures)
    for (const char* part : {"_mean", "_deviation"}) table.columns.push_back(std::string(name) + part);
  table.columns.insert(table.columns.end(), {"raw_pixels_mean", "iterations_mean"});
  for (const std::uint64_t seed : seeds) table.columns.push_back(fmt::format("accuracy_seed_{}", seed));

  for (const AblationRow& row : rows) {
    std::vector<std::string> cells = {net_of(row.first()),
                                      row.first().head,
                                      margin_of(row.first()),
                                      fmt::format("{}", row.cells.size()),
                                      fmt::format("{}", row.iterations().count),
                                      fmt::format("{}", row.diverged())};
    for (const auto& [name, figure] : figures) {
      const Spread spread = row.spread(figure);
      cells.insert(cells.end(), {exact(spread.mean), exact(spread.deviation)});
    }
    cells.insert(cells.end(),
                 {exact(row.spread(&AblationResult::raw_pixels).mean), exact(row.iterations().mean)});
    for (const std::uint64_t seed : seeds) {
      const auto found =
          std::ranges::find_if(row.cells, [&](const auto& each) { return each.cell.seed == seed; });
      cells.push_back(found == row.cells.end() ? "" : accuracy_of(*found, "", exact));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

std::string ablation_notes(const std::vector<AblationRow>& rows) {
  std::vector<double> pixels;
  bool tuned_on_test = false;
  for (const AblationRow& row : rows)
    for (const AblationOutcome& each : row.cells)
      if (const AblationResult* const figures = each.figures()) {
        pixels.push_back(figures->raw_pixels);
        tuned_on_test |= figures->tuned_on_test;
      }
  std::string text =
      "Verification on people never trained on: mean ± sample standard deviation over the seeds. Final loss "
      "and "
      "iterations are means over the seeds; losses of different heads do not compare.";
  if (const Spread spread = spread_of(pixels); spread.count > 0)
    text += fmt::format(" Raw pixels reach {} %.", percent(spread.mean));
  if (tuned_on_test)
    text +=
        " The pairs have one fold: the threshold was chosen on the pairs that are judged, which flatters.";
  return text;
}

json to_json(const AblationResult& result) {
  json row = {{"diverged", !result.divergence.empty()},
              {"iterations", result.iterations},
              {"seconds", result.seconds}};
  if (!result.divergence.empty()) {
    row["divergence"] = result.divergence;
    return row;
  }
  row.update({{"loss", result.loss},
              {"accuracy", result.accuracy},
              {"best_threshold_accuracy", result.best_threshold_accuracy},
              {"auc", result.auc},
              {"tpr_at_fpr_1e-2", result.tpr_at_fpr_1e2},
              {"raw_pixels", result.raw_pixels},
              {"tuned_on_test", result.tuned_on_test}});
  return row;
}

AblationResult ablation_result(const json& row) {
  AblationResult result;
  result.iterations = value<std::int64_t>(row, "iterations");
  result.seconds = value<double>(row, "seconds");
  if (value<bool>(row, "diverged")) {
    result.divergence = value<std::string>(row, "divergence");
    return result;
  }
  result.loss = value<double>(row, "loss");
  result.accuracy = value<double>(row, "accuracy");
  result.best_threshold_accuracy = value<double>(row, "best_threshold_accuracy");
  result.auc = value<double>(row, "auc");
  result.tpr_at_fpr_1e2 = value<double>(row, "tpr_at_fpr_1e-2");
  result.raw_pixels = value<double>(row, "raw_pixels");
  result.tuned_on_test = value<bool>(row, "tuned_on_test");
  return result;
}

json to_json(const AblationCell& cell) {
  json row = {{"net", net_of(cell)}, {"head", cell.head}, {"seed", cell.seed}};
  if (cell.margin > 0) row["margin"] = cell.margin;
  return row;
}

json to_json(const AblationOutcome& outcome) {
  json row = to_json(outcome.cell);
  if (outcome.result) row.update(to_json(*outcome.result));
  return row;
}

}  // namespace hypersphere
