// hypersphere figure

#include <fmt/core.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/interrupt.h"
#include "apps/options.h"
#include "apps/report/feature_grid.h"
#include "apps/report/progress.h"
#include "apps/report/rasterise.h"
#include "apps/subcommands.h"
#include "apps/training/figure_summary.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct FigureCommand {
  FigureOptions options;
  Machine machine;
  fs::path out, from;
  std::string heads = "softmax,modified-softmax,a-softmax:2,a-softmax:3,a-softmax:4", crop;
  std::int64_t iterations = 0;
  double minutes = 0;

  void add_to(CLI::App& command);
  FigureOptions resolve() const;
};

void FigureCommand::add_to(CLI::App& command) {
  command.add_option("--data", options.data, "folder with one folder an identity");
  command.add_option("--from", from, "folder with one folder an identity");
  command.add_option("--out", out, "folder for figure.svg, figure.png, figure-dark.png and figure.json")->required();
  command.add_option("--identities", options.identities, "how many: those with most photographs")
      ->check(CLI::Range(2, 16))
      ->capture_default_str();
  command.add_option("--held-out", options.held_out, "share of each identity's photographs that is not trained on")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  command.add_option("--crop", crop, "left,top,right,bottom in pixels: the part of each photograph to use");
  command.add_option("--dim", options.dimension, "dimension of the features: 2 or 3")
      ->check(CLI::IsMember({2, 3}))
      ->capture_default_str();
  command.add_option("--heads", heads, "softmax, modified-softmax, a-softmax:1 to a-softmax:4, separated by commas")
      ->capture_default_str();
  command.add_option("--iterations", iterations, "steps of each head")->check(CLI::PositiveNumber);
  command.add_option("--minutes", minutes, "wall-clock time for all heads together")->check(CLI::PositiveNumber);
  command.add_option("--width", options.width, "channels of the network's first stage; the others have 2, 4 and 8 times as many")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_option("--batch", options.batch, "photographs a step")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str();
  command.add_option("--lr", options.learning_rate, "learning rate")->check(CLI::PositiveNumber)->capture_default_str();
  command.add_option("--lambda-min", options.lambda.minimum, "learning rate")->check(CLI::PositiveNumber)->capture_default_str();
  command.add_option("--wd", options.solver.weight_decay, "learning rate")->capture_default_str();
  command.add_option("--shift", options.loader.shift, "learning rate")->capture_default_str();
  command.add_option("--seed", options.seed, "of weights, order, augmentation and of what is held out")
      ->capture_default_str();
  machine.add_to(command);
}

FigureOptions FigureCommand::resolve() const {
  if (iterations > 0 && minutes > 0) throw CLI::ValidationError("--iterations and --minutes: give one of them");
  FigureOptions result = options;
  if (minutes > 0)
    result.budget.minutes = minutes;
  else
    result.budget.iterations = iterations > 0 ? iterations : 1800;
  try {
    result.heads = parse_figure_heads(heads);
  } catch (const Error& error) {
    throw CLI::ValidationError(error.what());
  }
  result.loader.crop = crop_option(crop);
  result.compute = machine.apply();
  return result;
}

std::string title_of(const HeadOptions& head) {
  if (head.kind == HeadKind::a_softmax) return fmt::format("A-Softmax, m = {}", head.margin);
  return head.kind == HeadKind::softmax ? "Softmax" : "Modified softmax";
}

FeatureGrid grid_of(const FigureResult& result) {
  const auto held = std::ranges::count(result.photographs.held_out, true);
  FeatureGrid grid{
      .title = fmt::format("{}-D features of the same {} identities, a network for each loss",
                           result.dimension, result.photographs.identities.size()),
      .caption = fmt::format("{} photographs trained on, {} held out. SphereFace-4 of {} to {} channels, {} iterations of {}, seed {}.",
          result.photographs.photographs.size() - static_cast<std::size_t>(held), held, result.width, 8 * result.width, result.iterations, result.batch, result.seed),
      .dimension = static_cast<int>(result.dimension),
      .identities = result.photographs.identities,
      .labels = labels_of(result.photographs.photographs),
      .held_out = result.photographs.held_out,
      .columns = {}};
  for (const FigureHead& head : result.heads) {
    FigureSummary summary = summarise(result, head);
    const auto values = [](const Tensor& tensor) {
      return std::vector<double>(tensor.span<float>().begin(), tensor.span<float>().end());
    };
    grid.columns.push_back({.title = title_of(head.head),
                            .features = values(head.features),
                            .weights = values(head.weight),
                            .within = std::move(summary.angles.within),
                            .between = std::move(summary.angles.between),
                            .notes = {fmt::format("accuracy {:.1f} %", 100 * summary.trained.accuracy),
                                      fmt::format("held out {:.1f} %", 100 * summary.held_out.accuracy)}});
  }
  return grid;
}

void draw(const FigureResult& result, const fs::path& out) {
  const std::string svg = render_feature_grid(grid_of(result));
  write_file_atomically(out / "figure.svg", svg);
  write_png(out / "figure.png", rasterise(svg, 2));
  write_png(out / "figure-dark.png", rasterise(with_dark_colours(svg), 2));
}

int run_figure(const FigureCommand& command) {
  if (!command.from.empty()) {
    std::ifstream file(command.from);
    draw(figure_from_json(nlohmann::json::parse(file)), command.out);
    return 0;
  }
  FigureOptions options = command.resolve();
  fs::create_directories(command.out);
  catch_interrupts();
  Progress progress("training", 1);
  options.loader.on_skip = [&](const std::string& line) { progress.print("left out: " + line); };
  const auto result = train_figure(options, interrupted, [&](double share, double rate, const std::string& text) {
    progress.update(share, rate, text);
  });
  progress.finish();
  if (!result) return interrupted_exit_code;
  fmt::print("{}", figure_table(*result));
  write_file_atomically(command.out / "figure.json", figure_json(*result).dump() + "\n");
  draw(*result, command.out);
  return 0;
}

}  // namespace

void add_figure(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("figure", "draw what each loss does to features of two or three dimensions");
  command->footer("Example: hypersphere figure --data photographs --identities 6 --dim 3 --out figure");
  auto options = std::make_shared<FigureCommand>();
  options->add_to(*command);
  command->callback([options, &exit_code] { exit_code = run_figure(*options); });
}

}  // namespace hypersphere
