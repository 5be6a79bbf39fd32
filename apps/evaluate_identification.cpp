#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "apps/embedding_progress.h"
#include "apps/evaluate_job.h"
#include "apps/evaluate_output.h"
#include "apps/evaluation/class_ranks.h"
#include "apps/evaluation/photograph_features.h"
#include "apps/report/console.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

// Photographs' features, and their pixels where the baseline wants them.
struct Embedded {
  Tensor features, pixels;
};

Embedded embed(const EvaluateJob& job, const std::vector<Photograph>& photographs, bool join_mirror) {
  const SphereFaceOptions& net = job.model.network->options();
  const std::vector<fs::path> paths = paths_of(photographs);
  Embedded result;
  const bool keep = !job.command.no_raw_pixels;
  if (keep) result.pixels = Tensor::empty({std::ssize(paths), net.height, net.width, 3}, DType::u8);
  std::int64_t read = 0;
  const ReadPhotographs reader = [&](const std::vector<fs::path>& some) {
    Tensor pixels = read_pixels(job, some);
    if (keep) result.pixels.slice(read, std::ssize(some)).copy_from(pixels);
    read += std::ssize(some);
    return pixels;
  };
  result.features =
      with_embedding_progress("embedding", std::ssize(paths), [&](const FeatureProgress& progress) {
        return embed_photographs(*job.model.network, paths, reader,
                                 {.join_mirror = join_mirror, .activations = job.compute.activations},
                                 progress);
      });
  return result;
}

// At most so many photographs of each person, the first ones.
Dataset first_of_each(Dataset dataset, std::int64_t most) {
  std::vector<std::int64_t> taken(dataset.identities.size());
  std::erase_if(dataset.photographs, [&](const Photograph& photograph) {
    return taken[static_cast<std::size_t>(photograph.label)]++ >= most;
  });
  return dataset;
}

// The closed set's baseline: a probe's similarity to a class is that to the most similar photograph trained on, of ten of
// each person at most. None where the folder lacks those of somebody tested.
std::optional<std::vector<double>> nearest_trained(const EvaluateJob& job, const Dataset& trained,
                                                   const Tensor& probes,
                                                   const std::vector<std::int32_t>& probe_classes) {
  const Dataset gallery = first_of_each(trained, 10);
  const std::vector<std::int32_t> classes = classes_of_photographs(gallery, job.model.identities);
  const std::set<std::int32_t> here(classes.begin(), classes.end());
  if (!std::ranges::all_of(probe_classes, [&](std::int32_t each) { return here.contains(each); }))
    return std::nullopt;
  const Tensor pixels = read_pixels(job, paths_of(gallery.photographs));
  std::vector<std::int64_t> ranks;
  for (const ProbeMatch& match : match_probes({.probes = probes,
                                 .gallery = pixels,
                                 .probe_people = probe_classes,
                                 .gallery_people = classes,
                                 .mean = mean_row(pixels)}))
    ranks.push_back(match.rank());
  return cumulative_matches(ranks, job.model.head->classes());
}

// The split's photographs one list after the other, as identify_split takes them.
std::vector<Photograph> joined(const IdentificationSplit& split) {
  std::vector<Photograph> all;
  for (const auto* list : {&split.gallery, &split.probes, &split.unknown, &split.distractors})
    all.insert(all.end(), list->begin(), list->end());
  return all;
}

}  // namespace

void identify_closed_set(EvaluateJob& job) {
  const EvaluateCommand& command = job.command;
  const ClosedSet people = closed_people(job);
  const std::vector<Photograph>& probes = people.test.photographs;
  if (!command.split_out.empty())
    write_photograph_list(command.split_out, "probes.txt", probes, command.data);
  const std::vector<std::int32_t> classes = classes_of_photographs(people.test, job.model.identities);
  const Embedded embedded = embed(job, probes, false);
  const std::int64_t candidates = job.model.head->classes();
  const std::vector<double> network =
      cumulative_matches(class_ranks(*job.model.head, embedded.features, classes), candidates);
  std::optional<std::vector<double>> baseline;
  if (!command.no_raw_pixels) {
    baseline = nearest_trained(job, people.trained, embedded.pixels, classes);
    if (!baseline)
      tell("no baseline: {} does not hold photographs trained on of everybody tested\n",
           command.data.string());
  }
  const std::vector<double>* pixels = baseline ? &*baseline : nullptr;
  print_ranks(network, pixels);
  job.json["probes"] = probes.size();
  job.json["candidates"] = candidates;
  job.json["network"]["cmc"] = network;
  if (pixels) job.json["raw_pixels"]["cmc"] = *pixels;
  write_json(job);
  if (!command.plot.empty()) draw_ranks(job.name(), network, pixels, candidates, command.plot);
}

void identify_open_set(EvaluateJob& job) {
  const EvaluateCommand& command = job.command;
  IdentificationSplit split = split_identification(open_people(job), command.split);
  if (command.distractors) {
    const auto most = static_cast<std::size_t>(*command.distractors);
    if (split.distractors.size() > most) split.distractors.resize(most);
  }
  const std::int64_t known = people_of(split.gallery), distractors = std::ssize(split.distractors);
  tell("known: {} people, {} probes; unknown: {} people, {} probes; distractors: {}\n", known,
       split.probes.size(), people_of(split.unknown), split.unknown.size(), distractors);
  if (!command.split_out.empty()) write_split(command.split_out, split, command.data);
  const Embedded embedded = embed(job, joined(split), true);
  const Identification network = identify_split(split, embedded.features, false);
  std::optional<Identification> baseline;
  if (!command.no_raw_pixels) baseline = identify_split(split, embedded.pixels, true);
  const Identification* pixels = baseline ? &*baseline : nullptr;
  print_identification(network, pixels);
  job.json["seed"] = command.split.seed;
  job.json["known"] = {
      {"people", known}, {"photographs", split.gallery.size()}, {"probes", split.probes.size()}};
  job.json["unknown"] = {{"people", people_of(split.unknown)}, {"probes", split.unknown.size()}};
  job.json["distractors"] = distractors;
  job.json["network"] = to_json(network);
  if (pixels) job.json["raw_pixels"] = to_json(*pixels);
  write_json(job);
  if (!command.plot.empty())
    draw_identification(job.name(), network, pixels, known + distractors, command.plot);
}

}  // namespace hypersphere
