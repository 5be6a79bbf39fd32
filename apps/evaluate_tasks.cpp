#include "apps/evaluate_tasks.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "apps/data/loader.h"
#include "apps/embedding_progress.h"
#include "apps/evaluate_job.h"
#include "apps/evaluate_output.h"
#include "apps/evaluation/class_ranks.h"
#include "apps/evaluation/pair_photographs.h"
#include "apps/report/console.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

TrainedOn read_trained_on(const EvaluateCommand& command, const Model& model) {
  TrainedOn result{.model = command.model.string(), .identities = model.identities};
  const fs::path beside = command.model.parent_path() / "photographs.txt";
  if (!command.trained_on.empty())
    result.photographs = read_photographs_trained_on(command.trained_on);
  else if (fs::exists(beside))
    result.photographs = read_photographs_trained_on(beside);
  return result;
}

EvaluateJob prepare(const EvaluateCommand& command) {
  EvaluateJob job{.command = command,
                  .compute = command.machine.apply(),
                  .model = load_model(command.model),
                  .framing = {},
                  .trained_on = {},
                  .all = read_folder(command.data),
                  .json = {{"model", command.model.string()},
                           {"data", command.data.string()},
                           {"task", command.task},
                           {"set", command.set}}};
  job.model.network->to(job.compute.device);
  if (job.model.head) job.model.head->to(job.compute.device);
  job.framing = command.framing.for_model(job.model);
  job.trained_on = read_trained_on(command, job.model);
  return job;
}

void verify_set(EvaluateJob& job) {
  const EvaluateCommand& command = job.command;
  const bool closed = command.set == "closed";
  const Dataset people = closed ? closed_people(job).test : open_people(job);
  const std::optional<PairList> list = make_fitting_pairs(people, command.data, command.split.seed);
  expect(
      list.has_value(),
      "verification: {} photographs of {} people do not give 10 matched and 10 mismatched pairs; more people "
      "with two photographs or more are needed",
      people.photographs.size(), people.identities.size());
  if (!command.split_out.empty()) write_pair_split(command.split_out, *list);
  const SphereFaceOptions& net = job.model.network->options();
  const PairPhotographs photographs =
      load_pair_photographs(*list, command.data, job.framing, net.width, net.height, command.loader_threads);
  const Tensor features = with_embedding_progress(
      "embedding", std::ssize(photographs.paths), [&](const FeatureProgress& progress) {
        return extract_features(*job.model.network, photographs.pixels,
                                {.activations = job.compute.activations}, progress);
      });
  const Verification network = verify_features(features, photographs);
  std::optional<Verification> baseline;
  if (!command.no_raw_pixels) baseline = verify_raw_pixels(photographs);
  const Verification* pixels = baseline ? &*baseline : nullptr;
  print_verification(network, pixels);
  job.json["seed"] = command.split.seed;
  job.json["network"] = with_folds(network);
  if (pixels) job.json["raw_pixels"] = with_folds(*pixels);
  if (closed) {
    const ClassDecision decision =
        verify_by_class(best_classes(*job.model.head, without_mirror(features)), photographs.pairs);
    tell("by the class of each    {:6.2f} %   TPR {:.2f} % at FPR {:.2f} %\n", 100 * decision.accuracy,
         100 * decision.tpr, 100 * decision.fpr);
    job.json["by_class"] = {{"accuracy", decision.accuracy}, {"tpr", decision.tpr}, {"fpr", decision.fpr}};
  }
  write_json(job);
  if (!command.plot.empty()) draw_verification(job.name(), network, pixels, command.plot);
}

}  // namespace

Dataset open_people(const EvaluateJob& job) {
  std::vector<std::string> wanted;
  if (!job.command.identities.empty()) wanted = read_identities(job.command.identities);
  Dataset people = open_set(job.all, job.trained_on, wanted, job.command.trust_identities);
  tell("open set: {} photographs of {} people whom the model was not trained on\n", people.photographs.size(),
       people.identities.size());
  return people;
}

ClosedSet closed_people(const EvaluateJob& job) {
  ClosedSet people = closed_set(job.all, job.command.data, job.trained_on);
  tell("closed set: {} photographs that the model was not trained on, of {} of its {} people\n",
       people.test.photographs.size(), people.test.identities.size(), job.trained_on.identities.size());
  return people;
}

Tensor read_pixels(const EvaluateJob& job, const std::vector<fs::path>& paths) {
  const SphereFaceOptions& net = job.model.network->options();
  return load_images(paths, job.framing, static_cast<int>(net.width), static_cast<int>(net.height),
                     job.command.loader_threads);
}

void write_json(const EvaluateJob& job) { job.command.output.write(job.json); }

void evaluate_task(const EvaluateCommand& command) {
  EvaluateJob job = prepare(command);
  if (command.task == "verification")
    verify_set(job);
  else if (command.set == "open")
    identify_open_set(job);
  else
    identify_closed_set(job);
}

}  // namespace hypersphere
