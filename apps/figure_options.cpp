#include "apps/figure_options.h"

#include <algorithm>
#include <array>

#include "tensor/error.h"

namespace hypersphere {
namespace {

constexpr std::int64_t default_iterations = 1800;

}  // namespace

void FigureCommandOptions::add_data_options(CLI::App& command) {
  const auto group = "Photographs";
  command.add_option("--data", options_.data, "folder with one folder an identity")->group(group);
  command.add_option("--identities", options_.identities, "how many identities: those with most photographs")
      ->check(CLI::Range(2, 16))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--among", options_.among,
                  "file with the names to choose them from, one a line; default: all")
      ->group(group);
  command
      .add_option("--held-out", options_.held_out,
                  "share of each identity's photographs that is not trained on, drawn hollow")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str()
      ->group(group);
  framing_.add_to(command, false, group);
}

void FigureCommandOptions::add_training_options(CLI::App& command) {
  const auto group = "Training";
  command.add_option("--dim", options_.dimension, "dimensions of the features: 2 or 3")
      ->check(CLI::IsMember({2, 3}))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--heads", heads_,
                  "softmax, modified-softmax, a-softmax:1 to a-softmax:4, separated by commas")
      ->capture_default_str()
      ->group(group);
  command
      .add_option(
          "--iterations", iterations_,
          fmt::format("steps of each head; {} where --minutes is not given either", default_iterations))
      ->check(CLI::PositiveNumber)
      ->group(group);
  command.add_option("--minutes", minutes_, "wall-clock time for all heads together")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command
      .add_option("--width", options_.width,
                  "channels of the network's first stage; the others have 2, 4 and 8 times as many")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str()
      ->group(group);
  command.add_option("--batch", options_.batch, "photographs a step")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str()
      ->group(group);
  command.add_option("--lr", options_.learning_rate, "learning rate, which rises at first and falls twice")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--lambda-min", options_.lambda_min,
                  "the A-Softmax's lambda in the second half; the smaller, the more margin")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--seed", options_.seed, "of weights, order, augmentation and of what is held out")
      ->capture_default_str()
      ->group(group);
}

void FigureCommandOptions::add_to(CLI::App& command) {
  add_data_options(command);
  add_training_options(command);
  machine_.add_to(command);
  command.add_option("--redraw", redraw, "draw this figure.json again instead of training");
  command.add_option("--out", out, "folder for figure.svg, figure.png, figure-dark.png and figure.json")
      ->required();
  output.add_to(command);
}

void FigureCommandOptions::check_redraw(const CLI::App& command) const {
  for (const CLI::Option* option : command.get_options()) {
    const bool goes_with = std::ranges::any_of(std::array{"--redraw", "--out", "--json", "--quiet"},
                                               [&](const char* name) { return option->check_name(name); });
    if (option->count() > 0 && !goes_with)
      throw CLI::ValidationError(fmt::format(
          "{} and --redraw: give one of them; what is drawn again is not trained again", option->get_name()));
  }
}

FigureOptions FigureCommandOptions::resolve() const {
  if (options_.data.empty()) throw CLI::ValidationError("--data: needed, unless --redraw is given");
  if (iterations_ > 0 && minutes_ > 0)
    throw CLI::ValidationError("--iterations and --minutes: give one of them");
  FigureOptions result = options_;
  if (minutes_ > 0)
    result.budget.minutes = minutes_;
  else
    result.budget.iterations = iterations_ > 0 ? iterations_ : default_iterations;
  try {
    result.heads = parse_figure_heads(heads_);
  } catch (const Error& error) {
    throw CLI::ValidationError(error.what());
  }
  result.loader.framing = framing_.framing();
  result.compute = machine_.apply();
  return result;
}

}  // namespace hypersphere
