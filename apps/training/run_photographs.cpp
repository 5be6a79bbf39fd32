#include "apps/training/run_photographs.h"

#include "apps/training/hold_out.h"
#include "tensor/file.h"

namespace hypersphere {
namespace {

Dataset read_dataset(const TrainingOptions& options) {
  Dataset dataset = options.list.empty() ? read_folder(options.data) : read_list(options.list, options.data);
  if (!options.identities.empty()) keep_identities(dataset, read_identities(options.identities));
  keep_min_images(dataset, options.min_images);
  return dataset;
}

PairList set_identities_aside(Dataset& dataset, const TrainingOptions& options, std::uint64_t seed,
                              bool writes) {
  const Dataset held = hold_out(dataset, options.hold_out, seed);
  PairList pairs = held_out_pairs(held, options.data, seed);
  if (!writes) return pairs;
  std::string names;
  for (const std::string& name : held.identities) names += name + "\n";
  write_file_atomically(options.out / "identities_held_out.txt", names);
  try {
    write_pairs(options.out / "pairs_held_out.txt", pairs);
  } catch (const Error&) {  // photographs are not named as LFW's format wants; the run itself needs no file
  }
  return pairs;
}

}  // namespace

RunPhotographs prepare_photographs(const TrainingOptions& options, bool writes) {
  RunPhotographs run{read_dataset(options), {}};
  const std::uint64_t seed = options.hold_out_seed.value_or(options.seed);
  if (options.hold_out > 0) run.held_out_pairs = set_identities_aside(run.dataset, options, seed, writes);
  if (options.hold_out_images > 0) {
    const auto held = hold_out_photographs(run.dataset, options.hold_out_images, seed);
    if (writes) write_photographs(options.out / "photographs_held_out.txt", held, options.data);
  }
  // Whoever is the only one is told from nobody: the loss is 0 from the start.
  expect(run.dataset.identities.size() >= 2,
         "{}: one identity alone is left to train on ({}), and there is nobody to tell it from; two or more "
         "are needed",
         options.data.string(), run.dataset.identities[0]);
  if (writes) write_photographs(options.out / "photographs.txt", run.dataset.photographs, options.data);
  return run;
}

}  // namespace hypersphere
