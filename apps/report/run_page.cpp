#include "apps/report/run_page.h"

#include <nlohmann/json.hpp>

#include "apps/report/html_page.h"
#include "tensor/error.h"

namespace hypersphere {
namespace {

using nlohmann::json;

// Two columns without a head.
class Facts {
 public:
  void add(std::string name, std::string value) {
    if (!value.empty()) table_.rows.push_back({std::move(name), std::move(value)});
  }
  void add_to(HtmlPage& page) const {
    if (!table_.rows.empty()) page.table(table_);
  }

 private:
  Table table_{{"", ""}, {}};
};

const json* find(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// A number of the object as text; empty where there is none.
std::string text_of(const json& object, const char* key, const char* format, double factor = 1) {
  const json* value = find(object, key);
  return value && value->is_number() ? fmt::format(fmt::runtime(format), factor * value->get<double>()) : "";
}

std::string percent(const json& object, const char* key) { return text_of(object, key, "{:.2f} %", 100); }

const json* last_of(const std::vector<json>& log, const char* kind) {
  for (auto row = log.rbegin(); row != log.rend(); ++row)
    if (row->value("kind", "") == kind) return &*row;
  return nullptr;
}

std::string entry(const RunPage& run, const char* key) {
  const auto found = run.model.find(key);
  return found == run.model.end() ? "" : found->second;
}

std::string describe_head(const RunPage& run) {
  std::string text = entry(run, "head");
  if (text.empty()) return text;
  if (text == "a-softmax") text += ", m = " + entry(run, "margin");
  return text + ", " + entry(run, "classes") + " classes";
}

void add_verification_rates(Facts& facts, const json& rates) {
  facts.add("accuracy", percent(rates, "accuracy"));
  facts.add("at the best single threshold", percent(rates, "best_threshold_accuracy"));
  facts.add("AUC", percent(rates, "auc"));
  facts.add("EER", percent(rates, "eer"));
  facts.add("TPR at FPR 1e-2", percent(rates, "tpr_at_fpr_1e-2"));
  facts.add("TPR at FPR 1e-3", percent(rates, "tpr_at_fpr_1e-3"));
}

void add_result(HtmlPage& page, const RunPage& run) {
  Facts facts;
  facts.add("network", entry(run, "architecture"));
  facts.add("head", describe_head(run));
  if (const json* train = last_of(run.log, "train")) {
    facts.add("iterations", text_of(*train, "iteration", "{:.0f}"));
    facts.add("epochs", text_of(*train, "epoch", "{:.1f}"));
    facts.add("last loss", text_of(*train, "loss", "{:.3f}"));
  }
  if (const json* validation = last_of(run.log, "validation")) {
    facts.add("verification", percent(*validation, "accuracy"));
    facts.add("raw pixels", percent(*validation, "raw_pixels"));
  }
  facts.add_to(page);
}

void add_folds(HtmlPage& page, const json& rates) {
  const json* folds = find(rates, "folds");
  if (!folds || !folds->is_array() || folds->empty()) return;
  Table table{{"fold", "accuracy", "threshold"}, {}};
  for (const json& fold : *folds)
    table.rows.push_back(
        {text_of(fold, "fold", "{:.0f}"), percent(fold, "accuracy"), text_of(fold, "threshold", "{:.4f}")});
  page.table(table);
}

void add_verification(HtmlPage& page, const RunPage& run) {
  const json* rates = run.evaluation ? find(*run.evaluation, "network") : nullptr;
  if (!rates) rates = last_of(run.log, "validation");
  if (!rates && run.pairs.empty()) return;
  page.heading("Verification");
  if (rates) {
    Facts facts;
    add_verification_rates(facts, *rates);
    facts.add_to(page);
    add_folds(page, *rates);
  }
  if (run.pairs.empty()) return;
  page.paragraph(
      "Pairs that were decided most clearly, right (blue) and wrong (orange), with their cosine and the "
      "truth:");
  page.picture(run.pairs, "sample pairs of the verification");
}

std::vector<std::string> angle_row(const char* name, const json& distribution) {
  std::vector<std::string> cells = {name, text_of(distribution, "count", "{:.0f}")};
  for (const char* key : {"mean", "deviation", "min", "max"})
    cells.push_back(text_of(distribution, key, "{:.1f}"));
  return cells;
}

void add_geometry(HtmlPage& page, const RunPage& run) {
  if (!run.geometry) return;
  page.heading("Angles between embeddings");
  Table table{{"degrees", "pairs", "mean", "deviation", "least", "most"}, {}};
  const json *within = find(*run.geometry, "within"), *between = find(*run.geometry, "between");
  if (within) table.rows.push_back(angle_row("within identities", *within));
  if (between) table.rows.push_back(angle_row("between identities", *between));
  page.table(table);
  if (const json* criterion = find(*run.geometry, "criterion"))
    page.paragraph(
        fmt::format("The largest angle within is smaller than the smallest between for {} of {} identities.",
                    text_of(*criterion, "separated", "{:.0f}"), text_of(*criterion, "identities", "{:.0f}")));
  if (!run.angles.empty()) page.picture(run.angles, "histograms of the angles");
  if (run.outliers.empty()) return;
  page.paragraph("Photographs farthest from their identity:");
  page.picture(run.outliers, "photographs farthest from their identity");
}

}  // namespace

std::string render_run_page(const RunPage& run) {
  HtmlPage page(run.name);
  add_result(page, run);
  if (!run.curves.empty()) {
    page.heading("Learning curves");
    page.picture(run.curves, "learning curves");
  }
  add_verification(page, run);
  add_geometry(page, run);
  page.heading("Configuration");
  if (!run.repeat.empty()) {
    page.paragraph("The same again:");
    page.code(run.repeat);
  }
  Facts facts;
  for (const auto& [key, value] : run.model)
    if (key != "identities") facts.add(key, value);
  facts.add_to(page);
  if (!run.config.empty()) page.folded("config.toml", run.config);
  return page.document();
}

}  // namespace hypersphere
