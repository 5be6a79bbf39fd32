#include <fmt/core.h>

#include "apps/evaluate_tasks.h"

namespace hypersphere {

void EvaluateCommand::add_to(CLI::App& command) {
  command.add_option("--model", model, "safetensors file that train wrote")->required();
  command.add_option(
      "--data", data,
      "folder with one folder an identity, or a .rec or .zip file; not needed with --pairs of a .bin file");
  command.add_option(
      "--pairs", pairs,
      "pairs in the format of LFW's pairs.txt, or a .bin file of InsightFace's; or --task and --set");
  framing.add_to(command, true);
  command.add_option("--loader-threads", loader_threads, "threads that decode photographs")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  output.add_to(command);
  command.add_option("--plot", plot, "draw the ROC curve, or that of the ranks, to this SVG file");
  machine.add_to(command);

  const auto group = "Tasks";
  command
      .add_option("--task", task,
                  "verification: are two photographs of one person; or identification: who is it")
      ->check(CLI::IsMember({"verification", "identification"}))
      ->group(group);
  command
      .add_option("--set", set,
                  "open: people the model was not trained on; or closed: those it was, in other photographs")
      ->check(CLI::IsMember({"open", "closed"}))
      ->group(group);
  command
      .add_option("--trained-on", trained_on,
                  "list of the photographs trained on; default: photographs.txt beside the model")
      ->group(group);
  command
      .add_option("--identities", identities,
                  "open: names of the people to test, one a line; default: all whom the model never saw")
      ->group(group);
  command
      .add_flag("--trust-identities", trust_identities,
                "open: the model does not say whom it was trained on, but these were not among them")
      ->group(group);
  command.add_option("--seed", split.seed, "of the split")->capture_default_str()->group(group);
  command.add_option("--split-out", split_out, "write the split's lists into this folder")->group(group);
  command.add_flag("--no-raw-pixels", no_raw_pixels, "without the baseline")->group(group);

  const auto identification = "Open-set identification";
  command
      .add_option("--gallery-images", split.gallery_images, "photographs of each known person in the gallery")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(identification);
  command.add_option("--probe-images", split.probe_images, "probes of a person at most; 0 for all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(identification);
  command
      .add_option("--distractor-share", split.distractor_share,
                  "share of the people to make distractors, besides those with too few photographs")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str()
      ->group(identification);
  command.add_option("--distractors", distractors, "distractors to use at most; default: all there are")
      ->check(CLI::NonNegativeNumber)
      ->group(identification);
}

void EvaluateCommand::check(const CLI::App& command) const {
  const auto refuse = [&](std::initializer_list<const char*> names, const char* reason) {
    for (const char* name : names)
      if (command.count(name) > 0) throw CLI::ValidationError(fmt::format("{}: {}", name, reason));
  };
  const bool given = !pairs.empty(), open = set == "open";
  if (task.empty() != set.empty())
    throw CLI::ValidationError("--task and --set: give both, what to do and with whom");
  if (given == !task.empty()) throw CLI::ValidationError("--pairs, or --task and --set: give one of the two");
  if (data.empty() && pairs.extension() != ".bin") throw CLI::ValidationError("--data is required");
  if (given)
    refuse({"--trained-on", "--seed", "--split-out", "--no-raw-pixels"},
           "goes with --task and --set, not with --pairs");
  if (!open) refuse({"--identities", "--trust-identities"}, "goes with --set open");
  if (!open || task != "identification")
    refuse({"--gallery-images", "--probe-images", "--distractor-share", "--distractors"},
           "goes with --task identification --set open");
  if (!open && task == "identification") refuse({"--seed"}, "nothing is drawn in closed-set identification");
  if (trust_identities && identities.empty())
    throw CLI::ValidationError("--trust-identities: whom to trust is named with --identities FILE");
}

}  // namespace hypersphere
