// hypersphere report

#include <fmt/core.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/report/log.h"
#include "apps/report/run_page.h"
#include "apps/subcommands.h"
#include "nn/safetensors.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct ReportCommand {
  fs::path run, geometry, evaluation, out;
  OutputOptions output;
};

// Empty where there is no such file.
std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

nlohmann::json json_of(const fs::path& file) {
  const std::string text = text_of(file);
  expect(!text.empty(), "{}: cannot be read", file.string());
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& problem) {
    fail("{}: no JSON: {}", file.string(), problem.what());
  }
}

RunPage read_run(const ReportCommand& command) {
  const fs::path& run = command.run;
  expect(fs::exists(run / "log.jsonl"),
         "{}: holds no run: expected a folder that train wrote, with log.jsonl", run.string());
  RunPage page{
      .name = run.lexically_normal().string(),
      .model = {},
      .log = read_log(run / "log.jsonl"),
      .config = text_of(run / "config.toml"),
      .repeat = fmt::format("hypersphere train --config {} --out again", (run / "config.toml").string()),
      .curves = text_of(run / "curves.svg"),
      .pairs = text_of(run / "pairs.png"),
      .evaluation = {},
      .geometry = {},
      .angles = {},
      .outliers = {}};
  if (fs::exists(run / "model.safetensors"))
    page.model = read_safetensors_metadata(run / "model.safetensors");
  if (!command.evaluation.empty()) page.evaluation = json_of(command.evaluation);
  const fs::path geometry = command.geometry.empty() ? run / "geometry" : command.geometry;
  if (command.geometry.empty() && !fs::exists(geometry / "geometry.json")) return page;
  page.geometry = json_of(geometry / "geometry.json");
  page.angles = text_of(geometry / "angles.svg");
  page.outliers = text_of(geometry / "outliers.svg");
  return page;
}

void report(const ReportCommand& command) {
  const fs::path out = command.out.empty() ? command.run / "report.html" : command.out;
  write_file_atomically(out, render_run_page(read_run(command)));
  tell("{}\n", out.string());
  command.output.write({{"page", out.string()}});
}

}  // namespace

void add_report(CLI::App& app) {
  CLI::App* command = app.add_subcommand("report", "write a run as one page for a browser");
  command->footer(
      "Example: hypersphere report run --evaluation figures.json --geometry angles --out run.html");
  auto options = std::make_shared<ReportCommand>();
  command->add_option("run", options->run, "a folder that train wrote")->required();
  command->add_option("--evaluation", options->evaluation, "figures that evaluate --pairs wrote with --json");
  command->add_option("--geometry", options->geometry,
                      "a folder that geometry wrote; default: RUN/geometry, where it is there");
  command->add_option("--out", options->out, "the HTML file; default: RUN/report.html");
  options->output.add_to(*command);
  command->callback([options] { report(*options); });
}

}  // namespace hypersphere
