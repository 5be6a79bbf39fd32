// hypersphere figure

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/figure_options.h"
#include "apps/interrupt.h"
#include "apps/report/console.h"
#include "apps/report/feature_grid.h"
#include "apps/report/progress.h"
#include "apps/report/rasterise.h"
#include "apps/subcommands.h"
#include "apps/training/figure_summary.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

std::string title_of(const HeadOptions& head) {
  if (head.kind == HeadKind::a_softmax) return fmt::format("A-Softmax, m = {}", head.margin);
  return head.kind == HeadKind::softmax ? "Softmax" : "Modified softmax";
}

std::vector<double> values_of(const Tensor& tensor) {
  return {tensor.span<float>().begin(), tensor.span<float>().end()};
}

FeatureColumn column_of(const FigureResult& result, const FigureHead& head) {
  FigureSummary summary = summarise(result, head);
  FeatureColumn column{.title = title_of(head.head),
                       .features = values_of(head.features),
                       .weights = values_of(head.weight),
                       .within = std::move(summary.angles.within),
                       .between = std::move(summary.angles.between),
                       .notes = {fmt::format("accuracy {:.1f} %", 100 * summary.trained.accuracy)}};
  if (std::ranges::count(result.photographs.held_out, true) > 0)
    column.notes.push_back(fmt::format("held out {:.1f} %", 100 * summary.held_out.accuracy));
  return column;
}

FeatureGrid grid_of(const FigureResult& result) {
  const FigurePhotographs& photographs = result.photographs;
  const std::ptrdiff_t held_out = std::ranges::count(photographs.held_out, true);
  FeatureGrid grid{
      .title = fmt::format("{}-D features of the same {} identities, a network for each loss",
                           result.dimension, photographs.identities.size()),
      .caption = fmt::format(
          "{} photographs trained on, {} held out. SphereFace-4 of {} to {} channels, {} iterations of {} "
          "photographs, seed {}.",
          std::ssize(photographs.photographs) - held_out, held_out, result.width, 8 * result.width,
          result.iterations, result.batch, result.seed),
      .dimension = static_cast<int>(result.dimension),
      .identities = photographs.identities,
      .labels = labels_of(photographs.photographs),
      .held_out = photographs.held_out,
      .columns = {}};
  for (const FigureHead& head : result.heads) grid.columns.push_back(column_of(result, head));
  return grid;
}

void write_figure(const FigureResult& result, const FigureCommandOptions& command) {
  const fs::path& folder = command.out;
  constexpr double scale = 2;  // pixels of the PNG for one of the SVG: sharp on a slide
  const std::string svg = render_feature_grid(grid_of(result));
  const Image light = rasterise(svg, scale), dark = rasterise(with_dark_colours(svg), scale);
  const nlohmann::json json = figure_json(result);
  write_file_atomically(folder / "figure.json", json.dump() + "\n");
  command.output.write(json);
  write_file_atomically(folder / "figure.svg", svg);
  write_png(folder / "figure.png", light);
  write_png(folder / "figure-dark.png", dark);
  tell("{}", figure_table(result));
  for (const char* name : {"figure.svg", "figure.png", "figure-dark.png", "figure.json"})
    tell("{}\n", (folder / name).string());
}

FigureResult read_figure(const fs::path& path) {
  std::ifstream file(path);
  expect(file.good(), "{}: cannot read the file", path.string());
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  expect(!json.is_discarded(), "{}: not JSON; expected a figure.json of this program", path.string());
  try {
    return figure_from_json(json);
  } catch (const Error& error) {
    fail("{}: {}", path.string(), error.what());
  }
}

std::optional<FigureResult> train(FigureOptions options) {
  catch_interrupts();
  Progress progress(fmt::format("training {} networks", options.heads.size()), 1);
  options.say = [&](const std::string& line) {
    if (!quiet() || line.starts_with("left out")) progress.print(line);  // the latter warns
  };
  auto result = train_figure(options, interrupted, [&](double share, double rate, const std::string& text) {
    progress.update(share, rate, text);
  });
  progress.finish();
  return interrupted() ? std::nullopt : std::move(result);
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  expect(!error, "{}: cannot create the folder: {}", folder.string(), error.message());
}

void redraw_figure(const FigureCommandOptions& command) {
  const FigureResult result = read_figure(command.redraw);
  make_folder(command.out);
  write_figure(result, command);
}

int train_and_draw(const FigureCommandOptions& command) {
  FigureOptions options = command.resolve();
  make_folder(command.out);
  const std::optional<FigureResult> result = train(std::move(options));
  if (!result) {
    note("interrupted: nothing was written");
    return interrupted_exit_code;
  }
  write_figure(*result, command);
  return 0;
}

}  // namespace

void add_figure(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "figure", "train small networks with features of 2 or 3 dimensions, one a loss, and draw the features");
  command->footer("Example: hypersphere figure --data photographs --identities 6 --dim 3 --out figure");
  auto options = std::make_shared<FigureCommandOptions>();
  options->add_to(*command);
  command->callback([options, command, &exit_code] {
    if (options->redraw.empty()) {
      exit_code = train_and_draw(*options);
    } else {
      options->check_redraw(*command);
      redraw_figure(*options);
    }
  });
}

}  // namespace hypersphere
