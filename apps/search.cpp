// hypersphere search

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "apps/data/dataset.h"
#include "apps/embedding_progress.h"
#include "apps/evaluation/cosine.h"
#include "apps/options.h"
#include "apps/output_options.h"
#include "apps/report/console.h"
#include "apps/search/embed_files.h"
#include "apps/search/gallery_folder.h"
#include "apps/search/nearest.h"
#include "apps/search/threshold.h"
#include "apps/subcommands.h"
#include "kernels/cpu/parallel.h"

namespace hypersphere {
namespace {

namespace fs = std::filesystem;

struct SearchCommand {
  fs::path model, gallery, gallery_out;
  OutputOptions output;
  std::vector<fs::path> photographs;
  FramingOptions framing;
  std::int64_t top = 5;
  std::optional<double> threshold;
  double false_accept = 0.01;
  Machine machine;
};

// The model and how it is asked.
struct Embedder {
  Model model;
  std::string fingerprint;
  EmbedOptions options;

  EmbeddedFiles operator()(const std::vector<fs::path>& files, const FeatureProgress& progress) const {
    return embed_files(*model.network, files, options, progress);
  }
};

void name_problems(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems)
    if (!problem.empty()) fmt::print(stderr, "hypersphere: left out: {}\n", problem);
}

// The gallery of a folder, and whether its file is behind; what the file has of it is not embedded again.
std::pair<Gallery, bool> gallery_of_folder(const SearchCommand& command, const Embedder& embedder) {
  const bool had_file = !command.gallery_out.empty() && fs::exists(command.gallery_out);
  Gallery gallery{embedder.fingerprint, to_string(embedder.options.framing), {}, {}, {}, {}};
  if (had_file) {
    Gallery before = read_gallery(command.gallery_out);
    expect_made_by(before, command.gallery_out, gallery.model, gallery.crop);
    gallery = std::move(before);
  }
  const std::vector<ListedPhotograph> listed = list_gallery(command.gallery);
  const std::int64_t wanted = count_to_embed(gallery, listed);
  constexpr auto now_and_then = std::chrono::minutes(5);  // so that no more than this is lost
  auto kept_at = std::chrono::steady_clock::now();
  const auto keep = [&](const Gallery& part) {
    if (command.gallery_out.empty() || std::chrono::steady_clock::now() - kept_at < now_and_then) return;
    write_gallery(command.gallery_out, part);
    kept_at = std::chrono::steady_clock::now();
  };
  const auto update = [&](const FeatureProgress& progress) {
    std::int64_t done = 0;
    const auto embed = [&](const std::vector<fs::path>& files) {
      EmbeddedFiles embedded =
          embedder(files, [&](std::int64_t some, std::int64_t) { progress(done + some, wanted); });
      done += std::ssize(files);
      return embedded;
    };
    return update_gallery(gallery, command.gallery, listed, embed, keep);
  };
  const GalleryUpdate what = wanted > 0 ? with_embedding_progress("embedding the gallery", wanted, update)
                                        : update(FeatureProgress());
  name_problems(what.left_out);
  if (had_file)
    note("gallery: {} photographs as they were, {} new, {} changed, {} gone", what.kept, what.added,
         what.changed, what.removed);
  return {std::move(gallery), !had_file || !what.nothing_new()};
}

std::vector<std::int32_t> people_of(const Gallery& gallery) {
  std::vector<std::int32_t> people;
  for (const GalleryPhotograph& photograph : gallery.photographs) people.push_back(photograph.person);
  return people;
}

// From which cosine on somebody is known, and where that comes from.
struct Verdicts {
  double threshold = 0;
  std::string origin;
};

Verdicts verdicts_of(const SearchCommand& command, const Gallery& gallery) {
  if (command.threshold) return {*command.threshold, "as asked for"};
  expect(gallery.people.size() > 1,
         "the gallery shows one person only, and nothing says how alike strangers are; give --threshold");
  const std::string doubt = doubt_of(std::ssize(gallery.people), command.false_accept);
  if (!doubt.empty()) note("note: {}", doubt);
  return {
      threshold_of(gallery.strangers, command.false_accept),
      fmt::format("{:.3g} % of its photographs are above it with somebody else", 100 * command.false_accept)};
}

nlohmann::json answer(const Gallery& gallery, const Verdicts& verdicts, const fs::path& photograph,
                      const std::vector<Match>& matches) {
  tell("{}\n", photograph.string());
  const auto person = [&](const Match& match) {
    const GalleryPhotograph& found = gallery.photographs[static_cast<std::size_t>(match.row)];
    return gallery.people[static_cast<std::size_t>(found.person)];
  };
  nlohmann::json people = nlohmann::json::array();
  for (const Match& match : matches) {
    const std::string& path = gallery.photographs[static_cast<std::size_t>(match.row)].path;
    tell("{:4}  {:.4f}  {:5.1f} degrees  {:<24}  {}\n", people.size() + 1, match.cosine,
         degrees_of_cosine(match.cosine), person(match), path);
    people.push_back({{"person", person(match)},
                      {"photograph", path},
                      {"cosine", match.cosine},
                      {"angle", degrees_of_cosine(match.cosine)}});
  }
  const Match& best = matches[0];
  const bool known = best.cosine > verdicts.threshold;
  if (known)
    tell("      {}\n", person(best));
  else
    tell("      nobody known (best {} {:.4f}, not above {:.4f})\n", person(best), best.cosine,
         verdicts.threshold);
  nlohmann::json row = {{"photograph", photograph.string()}, {"person", nullptr}, {"people", people}};
  if (known) row["person"] = person(best);
  return row;
}

void search(const SearchCommand& command, int& exit_code) {
  const bool from_folder = is_folder(command.gallery);
  if (command.photographs.empty() && command.gallery_out.empty())
    throw CLI::ValidationError("give a PHOTO to look for, or --gallery-out to keep the gallery");
  if (!command.gallery_out.empty() && !from_folder)
    throw CLI::ValidationError(
        fmt::format("--gallery-out: --gallery {} is no folder to embed", command.gallery.string()));
  const Compute compute = command.machine.apply();
  Embedder embedder{load_model(command.model), {}, {}};
  embedder.fingerprint = fingerprint(*embedder.model.network);
  embedder.model.network->to(compute.device);
  embedder.options = {command.framing.for_model(embedder.model), cpu::thread_count(), compute.activations};
  Gallery gallery;
  bool new_content = false;
  if (from_folder) {
    std::tie(gallery, new_content) = gallery_of_folder(command, embedder);
  } else {
    gallery = read_gallery(command.gallery);
    if (!command.framing.given() && gallery.crop != "landmarks")
      embedder.options.framing = crop_option(gallery.crop);
    expect_made_by(gallery, command.gallery, embedder.fingerprint, to_string(embedder.options.framing));
  }
  const NearestRows nearest(gallery.features, people_of(gallery), compute.device);
  if (gallery.strangers.empty() && gallery.people.size() > 1) {
    gallery.strangers = nearest_strangers(nearest);
    new_content = true;
  }
  if (!command.gallery_out.empty() && new_content) {
    write_gallery(command.gallery_out, gallery);
    note("gallery: {}", command.gallery_out.string());
  }
  if (command.photographs.empty()) {
    tell("gallery: {} photographs of {} people\n", gallery.photographs.size(), gallery.people.size());
    return;
  }

  const Verdicts verdicts = verdicts_of(command, gallery);
  tell("gallery: {} photographs of {} people; threshold {:.4f}, {}\n", gallery.photographs.size(),
       gallery.people.size(), verdicts.threshold, verdicts.origin);
  const std::vector<fs::path> files = photographs_in(command.photographs);
  const EmbeddedFiles queries =
      with_embedding_progress("embedding", std::ssize(files),
                              [&](const FeatureProgress& progress) { return embedder(files, progress); });
  const auto found = nearest.find(queries.features, command.top);
  nlohmann::json rows = nlohmann::json::array();
  for (std::size_t i = 0; i < files.size(); ++i)
    if (queries.problems[i].empty()) rows.push_back(answer(gallery, verdicts, files[i], found[i].matches));
  for (const std::string& problem : queries.problems) {
    if (problem.empty()) continue;
    fmt::print(stderr, "hypersphere: {}\n", problem);
    exit_code = 1;
  }
  command.output.write({{"model", command.model.string()},
                        {"gallery", command.gallery.string()},
                        {"gallery_photographs", gallery.photographs.size()},
                        {"gallery_people", gallery.people.size()},
                        {"threshold", verdicts.threshold},
                        {"photographs", rows}});
}

}  // namespace

void add_search(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("search", "who is it: photographs looked up in a gallery of known people");
  command->footer(
      "A photograph shows somebody known when its best match is above the threshold. Where --threshold does "
      "not say it, the"
      "\ngallery does: of its own photographs, a share of --false-accept are above it with somebody else."
      "\n--gallery DIR has a subfolder a person; photographs that lie in DIR itself are a person each, named "
      "as the file."
      "\n--gallery-out keeps it embedded in a file, which --gallery takes too. Where that file exists, only "
      "photographs of"
      "\nDIR that are new or changed are embedded. Memory: 5 bytes a number, 512 MB for 100,000 photographs "
      "of 1,024 numbers."
      "\nA PHOTO that cannot be read is named, the others are answered, and the exit code is 1."
      "\nExample: hypersphere search --model run/model.safetensors --gallery people --gallery-out "
      "people.gallery who.jpg");
  auto options = std::make_shared<SearchCommand>();
  command->add_option("--model", options->model, "safetensors file that train wrote")->required();
  command
      ->add_option("--gallery", options->gallery,
                   "folder of known people, or a file that --gallery-out wrote")
      ->required();
  command->add_option("--gallery-out", options->gallery_out,
                      "keep the folder's gallery in this file, or bring that file up to date");
  command->add_option("--top", options->top, "so many people, each with the best photograph")
      ->check(CLI::Range(1, 1 << 30))
      ->capture_default_str();
  CLI::Option* threshold =
      command->add_option("--threshold", options->threshold, "the cosine above which somebody is known")
          ->check(CLI::Range(-1.0, 1.0));
  command
      ->add_option("--false-accept", options->false_accept,
                   "share of strangers who may be taken for somebody of the gallery")
      ->check(CLI::Range(0.0, 1.0))
      ->excludes(threshold)
      ->capture_default_str();
  options->framing.add_to(*command, true);
  options->output.add_to(*command);
  options->machine.add_to(*command);
  command->add_option("photographs", options->photographs, "whom to look for: images or folders")
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  command->callback([options, &exit_code] { search(*options, exit_code); });
}

}  // namespace hypersphere
