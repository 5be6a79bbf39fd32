#include "apps/train_options.h"

#include "apps/presets.h"

namespace hypersphere {
namespace {

const CLI::IsMember on_off({"on", "off"});

// The options that were given, enough to repeat the run together with this program's defaults, which are
// written too.
std::string config_text(const CLI::App& command) {
  return fmt::format("# hypersphere " HYPERSPHERE_VERSION
                     " {}: repeat this run with --config FILE --out FOLDER\n{}",
                     command.get_name(), command.config_to_str(true, false));
}

}  // namespace

void TrainOptions::add_data_options(CLI::App& command) {
  const auto group = "Photographs";
  command.add_option("--data", options_.data, "folder with one folder an identity, or the root of --list")
      ->required()
      ->group(group);
  command.add_option("--list", options_.list, "file of 'path label' lines instead of the folder's own tree")
      ->group(group);
  command.add_option("--identities", options_.identities, "file with the names to train on, one a line")
      ->group(group);
  command.add_option("--min-images", options_.min_images, "leave out identities with fewer photographs")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  framing_.add_to(command, false, group);
  command.add_option("--shuffle", shuffle_, "a new order every epoch: on, off")
      ->check(on_off)
      ->capture_default_str()
      ->group(group);
  command.add_flag("--strict", options_.loader.strict, "stop at a photograph that cannot be decoded")
      ->group(group);
  command.add_option("--loader-threads", loader_threads_, "threads that decode photographs")
      ->check(CLI::Range(1, 256))
      ->capture_default_str()
      ->group(group);
  command.add_option("--cache", cache_gib_, "GiB of memory for decoded photographs")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
}

void TrainOptions::add_augmentation_options(CLI::App& command) {
  const auto group = "Augmentation";
  AugmentationOptions& augmentation = options_.loader.augmentation;
  const auto number = [&](const char* name, auto& value, auto most, const char* text) {
    command.add_option(name, value, text)
        ->check(CLI::Range(decltype(most){}, most))
        ->capture_default_str()
        ->group(group);
  };
  command.add_option("--mirror", mirror_, "mirror half of the photographs: on, off")
      ->check(on_off)
      ->capture_default_str()
      ->group(group);
  number("--shift", augmentation.shift, 32, "largest random shift in pixels");
  number("--scale", augmentation.scale, 1.0, "enlarge or reduce at most 1 + this times");
  number("--rotate", augmentation.rotate, 45.0, "turn at most this many degrees");
  number("--contrast", augmentation.contrast, 1.0, "change the contrast at most by this share");
  number("--brightness", augmentation.brightness, 1.0,
         "change the brightness at most by this share of half its range");
  number("--saturation", augmentation.saturation, 1.0, "change the saturation at most by this share");
  number("--grey", augmentation.grey, 1.0, "share of the photographs that lose their colours");
  number("--erase", augmentation.erase, 1.0, "share of the photographs in which a rectangle is painted grey");
}

void TrainOptions::add_recipe_options(CLI::App& command) {
  const auto group = "Recipe";
  add_net(command, net_)->group(group);
  command.add_option("--head", head_, "a-softmax, softmax or modified-softmax")
      ->check(CLI::IsMember({"a-softmax", "softmax", "modified-softmax"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--margin", options_.head.margin, "the A-Softmax's m, 1 to 4")
      ->check(CLI::Range(1, 4))
      ->capture_default_str()
      ->group(group);
  command.add_option("--gradient", gradient_, "exact, or sphereface for the authors' normalised one")
      ->check(CLI::IsMember({"exact", "sphereface"}))
      ->capture_default_str()
      ->group(group);
  const auto number = [&](const char* name, double& value, const char* text) {
    command.add_option(name, value, text)->check(CLI::NonNegativeNumber)->capture_default_str()->group(group);
  };
  number("--feature-scale", options_.head.feature_scale,
         "length that embeddings are brought to before the head; 0: their own");
  number("--lambda-base", options_.lambda.base, "lambda = max(min, base (1 + gamma iteration)^-power)");
  number("--lambda-gamma", options_.lambda.gamma, "see --lambda-base");
  number("--lambda-power", options_.lambda.power, "see --lambda-base");
  number("--lambda-min", options_.lambda.minimum, "see --lambda-base");
  command
      .add_option(
          "--sample-classes", options_.sample_classes,
          "share of the identities that a step computes with: those in the batch and others drawn at random")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str()
      ->group(group);
  command.add_option("--batch", options_.loader.batch, "photographs a step, of all processes together")
      ->check(CLI::Range(1, 1 << 16))
      ->capture_default_str()
      ->group(group);
  number("--lr", options_.learning_rate, "learning rate at the start");
  command
      .add_option("--lr-steps", rate_steps_,
                  "iterations or shares of the run at which it falls: 16000,24000 or 60%,85%")
      ->group(group);
  command.add_option("--warmup", options_.warmup, "iterations over which the learning rate rises to --lr")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  number("--lr-gamma", options_.rate_gamma, "what it is multiplied by then");
  command.add_option("--momentum", options_.solver.momentum, "momentum")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(group);
  command.add_option("--weight-decay", options_.solver.weight_decay, "weight decay")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--init", options_.initial, "safetensors file to start from")->group(group);
  command.add_option("--seed", options_.seed, "of weights, order and augmentation")
      ->capture_default_str()
      ->group(group);
}

void TrainOptions::add_run_options(CLI::App& command) {
  const auto group = "Run";
  command.add_option("--out", options_.out, "the run's folder")
      ->required()
      ->configurable(false)
      ->group(group);
  command.add_option("--iterations", iterations_, "steps in all")->check(CLI::PositiveNumber)->group(group);
  command.add_option("--epochs", epochs_, "passes over the photographs")
      ->check(CLI::PositiveNumber)
      ->group(group);
  command.add_option("--minutes", minutes_, "wall-clock time")->check(CLI::PositiveNumber)->group(group);
  command
      .add_option("--val-pairs", options_.val_pairs, "pairs to verify on, in the format of LFW's pairs.txt")
      ->group(group);
  command.add_option("--val-data", options_.val_data, "their folder; default: --data")->group(group);
  command
      .add_option("--val-every", options_.val_every, "iterations between verifications; 0: at the end only")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--hold-out", options_.hold_out,
                  "share of the identities to verify on instead of --val-pairs")
      ->check(CLI::Range(0.0, 0.9))
      ->group(group);
  command
      .add_option(
          "--hold-out-images", options_.hold_out_images,
          "share of each identity's photographs to set aside, at least one where two are left to train on")
      ->check(CLI::Range(0.0, 0.9))
      ->group(group);
  command
      .add_option("--hold-out-seed", options_.hold_out_seed, "of who and what is set aside; default: --seed")
      ->group(group);
  command.add_option("--checkpoint-every", options_.checkpoint_every, "iterations between checkpoints")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command.add_option("--keep", options_.keep, "checkpoints to keep")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--on-divergence", on_divergence_,
                  "where the loss is not finite or rises without end: stop, or rollback to the last "
                  "checkpoint and a lower "
                  "learning rate")
      ->check(CLI::IsMember({"stop", "rollback"}))
      ->capture_default_str()
      ->group(group);
  command.add_option("--rollbacks", rollbacks_, "rollbacks at most, after which a run stops")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--rollback-rate", options_.rollback_rate,
                  "what the learning rate is multiplied by at a rollback")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(group);
  command
      .add_flag("--resume", options_.resume,
                "go on from the last checkpoint in --out, with its configuration")
      ->configurable(false)
      ->group(group);
  command
      .add_flag("--shard-classes", options_.shard_classes,
                "started by mpirun or srun: share the identities' weights out over the processes")
      ->group(group);
  std::vector<std::string> names;
  std::string text = "options that the command line and --config win over";
  for (const Preset& preset : presets()) {
    names.push_back(preset.name);
    text += fmt::format("; {}: {}", preset.name, preset.explanation);
  }
  command.add_option("--preset", preset_, text)->check(CLI::IsMember(names))->group(group);
}

void TrainOptions::add_to(CLI::App& command) {
  add_data_options(command);
  add_augmentation_options(command);
  add_recipe_options(command);
  add_run_options(command);
  machine_.add_to(command);
  output_.add_to(command);
}

void TrainOptions::add_show_config(CLI::App& command) {
  // Callbacks are called before it is checked whether required options are there.
  command
      .add_flag_callback(
          "--show-config",
          [this, &command] {
            only_show_ = true;
            for (const char* name : {"--data", "--out"}) command.get_option(name)->required(false);
          },
          "print the options that a run would have, as its config.toml, and train nothing")
      ->configurable(false)
      ->group("Run");
}

TrainingOptions TrainOptions::resolve(const CLI::App& command) const {
  const int budgets = (iterations_ > 0) + (epochs_ > 0) + (minutes_ > 0);
  if (budgets > 1) throw CLI::ValidationError("--iterations, --epochs and --minutes: give one of them");
  TrainingOptions result = options_;
  if (iterations_ > 0) result.budget.iterations = iterations_;
  if (epochs_ > 0) result.budget.epochs = epochs_;
  if (minutes_ > 0) result.budget.minutes = minutes_;
  if (budgets == 0) result.budget.iterations = 28000;  // the authors' schedule on CASIA-WebFace
  if (result.hold_out > 0 && !result.val_pairs.empty())
    throw CLI::ValidationError("--hold-out and --val-pairs: give one of them");
  try {
    result.rate_steps = parse_rate_steps(budgets == 0 && rate_steps_.empty() ? "16000,24000" : rate_steps_);
  } catch (const Error& error) {
    throw CLI::ValidationError(error.what());
  }
  if (on_divergence_ == "rollback") result.rollbacks = rollbacks_;
  result.loader.framing = framing_.framing();
  result.network.depth = depth_of(net_);
  result.head.kind = parse_head(head_);
  result.head.gradient = parse_margin_gradient(gradient_);
  result.loader.augmentation.mirror = mirror_ == "on";
  result.loader.shuffle = shuffle_ == "on";
  result.loader.threads = loader_threads_;
  result.loader.cache_bytes = static_cast<std::size_t>(cache_gib_ * 0x1p30);
  result.config = config_text(command);
  result.compute = machine_.apply();
  return result;
}

}  // namespace hypersphere
