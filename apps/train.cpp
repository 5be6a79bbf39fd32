// hypersphere train

#include <csignal>
#include <memory>

#include "apps/options.h"
#include "apps/subcommands.h"
#include "apps/training/training_run.h"

namespace hypersphere {
namespace {

volatile std::sig_atomic_t signalled = 0;

// The first Ctrl-C ends the run with a checkpoint, a second one kills it.
void on_signal(int signal) {
  signalled = 1;
  std::signal(signal, SIG_DFL);
}

// The options as the command line has them, before they are checked against each other.
struct TrainCommand {
  TrainingOptions options;
  Machine machine;
  std::string net = "sphereface-20", head = "a-softmax", gradient = "exact", rate_steps, crop;
  std::string mirror = "on", shuffle = "on", config;
  std::int64_t iterations = 0;
  double epochs = 0, minutes = 0;
  int loader_threads = 1;
  double cache_gib = 2;

  void add_to(CLI::App& command);
  TrainingOptions resolve(const CLI::App& command);

 private:
  void add_data_options(CLI::App& command);
  void add_recipe_options(CLI::App& command);
  void add_run_options(CLI::App& command);
};

const CLI::IsMember on_off({"on", "off"});

void TrainCommand::add_data_options(CLI::App& command) {
  const auto group = "Photographs";
  command.add_option("--data", options.data, "folder with one folder an identity, or the root of --list")
      ->required()
      ->group(group);
  command.add_option("--list", options.list, "file of 'path label' lines instead of the folder's own tree")
      ->group(group);
  command.add_option("--identities", options.identities, "file with the names to train on, one a line")
      ->group(group);
  command.add_option("--min-images", options.min_images, "leave out identities with fewer photographs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--crop", crop, "left,top,right,bottom in pixels: the part of each photograph to use")
      ->group(group);
  command.add_option("--mirror", mirror, "mirror half of the photographs: on, off")
      ->check(on_off)
      ->capture_default_str()
      ->group(group);
  command.add_option("--shift", options.loader.shift, "largest random shift in pixels")
      ->check(CLI::Range(0, 32))
      ->capture_default_str()
      ->group(group);
  command.add_option("--shuffle", shuffle, "a new order every epoch: on, off")
      ->check(on_off)
      ->capture_default_str()
      ->group(group);
  command.add_flag("--strict", options.loader.strict, "stop at a photograph that cannot be decoded")
      ->group(group);
  command.add_option("--loader-threads", loader_threads, "threads that decode photographs")
      ->check(CLI::Range(1, 256))
      ->capture_default_str()
      ->group(group);
  command.add_option("--cache", cache_gib, "GiB of memory for decoded photographs")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
}

void TrainCommand::add_recipe_options(CLI::App& command) {
  const auto group = "Recipe";
  command.add_option("--net", net, "sphereface-4, -10, -20, -36 or -64")
      ->check(
          CLI::IsMember({"sphereface-4", "sphereface-10", "sphereface-20", "sphereface-36", "sphereface-64"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--head", head, "a-softmax, softmax or modified-softmax")
      ->check(CLI::IsMember({"a-softmax", "softmax", "modified-softmax"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--margin", options.head.margin, "the A-Softmax's m, 1 to 4")
      ->check(CLI::Range(1, 4))
      ->capture_default_str()
      ->group(group);
  command.add_option("--gradient", gradient, "exact, or sphereface for the authors' normalised one")
      ->check(CLI::IsMember({"exact", "sphereface"}))
      ->capture_default_str()
      ->group(group);
  const auto number = [&](const char* name, double& value, const char* text) {
    command.add_option(name, value, text)->check(CLI::NonNegativeNumber)->capture_default_str()->group(group);
  };
  number("--lambda-base", options.lambda.base, "lambda = max(min, base (1 + gamma iteration)^-power)");
  number("--lambda-gamma", options.lambda.gamma, "see --lambda-base");
  number("--lambda-power", options.lambda.power, "see --lambda-base");
  number("--lambda-min", options.lambda.minimum, "see --lambda-base");
  command.add_option("--batch", options.loader.batch, "photographs a step")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str()
      ->group(group);
  number("--lr", options.learning_rate, "learning rate at the start");
  command
      .add_option("--lr-steps", rate_steps,
                  "iterations or shares of the run at which it falls: 16000,24000 or 60%,85%")
      ->group(group);
  command.add_option("--warmup", options.warmup, "iterations over which the learning rate rises to --lr")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  number("--lr-gamma", options.rate_gamma, "what it is multiplied by then");
  command.add_option("--momentum", options.solver.momentum, "momentum")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(group);
  command.add_option("--weight-decay", options.solver.weight_decay, "weight decay")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--init", options.initial, "safetensors file to start from")->group(group);
  command.add_option("--seed", options.seed, "of weights, order and augmentation")
      ->capture_default_str()
      ->group(group);
}

void TrainCommand::add_run_options(CLI::App& command) {
  const auto group = "Run";
  command.add_option("--out", options.out, "the run's folder")->required()->configurable(false)->group(group);
  command.add_option("--iterations", iterations, "steps in all")->check(CLI::PositiveNumber)->group(group);
  command.add_option("--epochs", epochs, "passes over the photographs")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command.add_option("--minutes", minutes, "wall-clock time")->check(CLI::PositiveNumber)->group(group);
  command
      .add_option("--val-pairs", options.val_pairs, "pairs to verify on, in the format of LFW's pairs.txt")
      ->group(group);
  command.add_option("--val-data", options.val_data, "their folder; default: --data")->group(group);
  command
      .add_option("--val-every", options.val_every, "iterations between verifications; 0: at the end only")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--hold-out", options.hold_out,
                  "share of the identities to verify on instead of --val-pairs")
      ->check(CLI::Range(0.0, 0.9))
      ->group(group);
  command.add_option("--checkpoint-every", options.checkpoint_every, "iterations between checkpoints")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--keep", options.keep, "checkpoints to keep")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command
      .add_flag("--resume", options.resume, "go on from the last checkpoint in --out, with its configuration")
      ->configurable(false)
      ->group(group);
  command.add_option("--config", config, "TOML file of options; the command line wins over it")
      ->configurable(false)
      ->group(group);
}

void TrainCommand::add_to(CLI::App& command) {
  add_data_options(command);
  add_recipe_options(command);
  add_run_options(command);
  machine.add_to(command);
}

// The options that were given, enough to repeat the run together with this program's defaults, which are
// written too.
std::string config_text(const CLI::App& command) {
  std::string text =
      "# hypersphere " HYPERSPHERE_VERSION " train: repeat this run with --config FILE --out FOLDER\n";
  return text + command.config_to_str(true, false);
}

TrainingOptions TrainCommand::resolve(const CLI::App& command) {
  const int budgets = (iterations > 0) + (epochs > 0) + (minutes > 0);
  if (budgets > 1) throw CLI::ValidationError("--iterations, --epochs and --minutes: give one of them");
  TrainingOptions result = options;
  if (iterations > 0) result.budget.iterations = iterations;
  if (epochs > 0) result.budget.epochs = epochs;
  if (minutes > 0) result.budget.minutes = minutes;
  if (budgets == 0) result.budget.iterations = 28000;  // the authors' schedule on CASIA-WebFace
  if (result.hold_out > 0 && !result.val_pairs.empty())
    throw CLI::ValidationError("--hold-out and --val-pairs: give one of them");
  try {
    result.rate_steps = parse_rate_steps(budgets == 0 && rate_steps.empty() ? "16000,24000" : rate_steps);
    if (!crop.empty() && crop != "none") result.loader.crop = parse_crop(crop);
  } catch (const Error& error) {
    throw CLI::ValidationError(error.what());
  }
  result.network.depth = std::stoi(net.substr(net.find('-') + 1));
  result.head.kind = parse_head(head);
  result.head.gradient = parse_margin_gradient(gradient);
  result.loader.mirror = mirror == "on";
  result.loader.shuffle = shuffle == "on";
  result.loader.threads = loader_threads;
  result.loader.cache_bytes = static_cast<std::size_t>(cache_gib * 0x1p30);
  result.config = config_text(command);
  result.compute = machine.apply();
  return result;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("train", "train a network on a folder of photographs");
  command->footer(
      "Example: hypersphere train --data photographs --out run --net sphereface-20 --hold-out 0.1 --minutes "
      "40");
  auto options = std::make_shared<TrainCommand>();
  options->add_to(*command);
  command->callback([command, options, &exit_code] {
    const TrainingOptions resolved = options->resolve(*command);
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    const bool complete = run_training(resolved, [] { return signalled != 0; });
    exit_code = complete ? 0 : 128 + SIGINT;
  });
}

}  // namespace hypersphere
