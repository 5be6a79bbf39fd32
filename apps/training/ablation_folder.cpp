#include "apps/training/ablation_folder.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>
#include <utility>

#include "apps/report/ablation_chart.h"
#include "apps/report/ablation_table.h"
#include "nn/model_file.h"
#include "tensor/error.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json read_json(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  expect(stream.is_open(), "{}: cannot be read", path.string());
  json content = json::parse(stream, nullptr, false);
  expect(content.is_object() && content.contains("settings") && content["settings"].is_object(),
         "{}: expected a JSON object with \"settings\"; remove the file or choose another --out",
         path.string());
  return content;
}

void write_json(const fs::path& path, const json& content) {
  write_file_atomically(path, content.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

// `there`: the settings that the file at `path` was written with.
void expect_same_settings(const fs::path& path, const json& there, const AblationSettings& now) {
  std::set<std::string> names;
  for (const auto& [name, value] : there.items()) names.insert(name);
  for (const auto& [name, value] : now) names.insert(name);
  std::string differences;
  for (const std::string& name : names) {
    const auto kept = there.find(name);
    const std::string before = kept != there.end() && kept->is_string() ? kept->get<std::string>() : "";
    const auto found = now.find(name);
    const std::string after = found == now.end() ? "" : found->second;
    if (before == after) continue;
    differences += fmt::format("{}--{} {}, now {}", differences.empty() ? "" : "; ", name,
                               before.empty() ? "not given" : before, after.empty() ? "not given" : after);
  }
  expect(differences.empty(), "{}: trained with {}. Repeat its options or choose another --out",
         path.string(), differences);
}

bool holds_a_run(const fs::path& folder) {
  std::error_code ignored;
  return std::ranges::any_of(fs::directory_iterator(folder, ignored), [](const fs::directory_entry& entry) {
    return fs::exists(entry.path() / "log.jsonl");
  });
}

std::string options_text(const AblationSettings& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += fmt::format(" --{} {}", name, value);
  return text;
}

}  // namespace

AblationFolder::AblationFolder(fs::path folder, AblationSettings settings)
    : folder_(std::move(folder)), settings_(std::move(settings)), lock_(folder_) {
  // Before anything was trained the options may still be mended.
  const fs::path file = folder_ / "ablation.json";
  if (holds_a_run(folder_) && fs::exists(file))
    expect_same_settings(file, read_json(file)["settings"], settings_);
}

bool AblationFolder::begun(const AblationCell& cell) const {
  return fs::exists(run(cell) / "log.jsonl") || !list_checkpoints(run(cell) / "checkpoints").empty();
}

std::optional<AblationResult> AblationFolder::result(const AblationCell& cell) const {
  const fs::path file = run(cell) / "result.json";
  if (!fs::exists(file)) return std::nullopt;
  const json content = read_json(file);
  expect_same_settings(file, content["settings"], settings_);
  try {
    return ablation_result(content);
  } catch (const Error& error) {
    fail("{}: {}; remove the file to train the cell again", file.string(), error.what());
  }
}

void AblationFolder::keep(const AblationCell& cell, const AblationResult& result) const {
  json content = to_json(result);
  content.update(to_json(cell));
  content["settings"] = settings_;
  write_json(run(cell) / "result.json", content);
  std::error_code ignored;
  if (result.divergence.empty()) fs::remove_all(run(cell) / "checkpoints", ignored);
}

void AblationFolder::write_report(const std::vector<AblationOutcome>& cells) const {
  json content = {{"settings", settings_}, {"cells", json::array()}};
  for (const AblationOutcome& each : cells) content["cells"].push_back(to_json(each));
  write_json(folder_ / "ablation.json", content);

  const std::vector<AblationRow> rows = rows_of(cells);
  write_file_atomically(folder_ / "ablation.csv", to_csv(ablation_csv(rows)));
  write_file_atomically(
      folder_ / "ablation.md",
      fmt::format("# Ablation\n\n{}\n{}\n\n![Accuracy against the margin](accuracy_by_margin.svg)\n\n"
                  "![Accuracy against the depth](accuracy_by_depth.svg)\n\nEach network was trained "
                  "with\n\n   {}\n",
                  to_markdown(ablation_table(rows)), ablation_notes(rows), options_text(settings_)));
  write_file_atomically(folder_ / "accuracy_by_margin.svg", render_svg({accuracy_by_margin(rows)}, 900, 420));
  write_file_atomically(folder_ / "accuracy_by_depth.svg", render_svg({accuracy_by_depth(rows)}, 900, 420));
}

}  // namespace hypersphere
